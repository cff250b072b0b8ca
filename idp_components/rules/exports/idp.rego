# What the rules read: the same as idp_components/rules/{field,pod,values}.py, in Rego. The paths of $TEMPLATES come from there.
package lib.idp

subject := input.review.object

# Whatever is missing, null or out of reach is null.
get(value, path) := found if {
	is_object(value)
	found := object.get(value, path, null)
} else := null

text(value, path) := "" if get(value, path) == null

text(value, path) := get(value, path) if get(value, path) != null

items(value) := value if is_array(value)

items(value) := [] if not is_array(value)

members(value) := value if is_object(value)

members(value) := {} if not is_object(value)

group_kind := sprintf("%s/%s", [group, get(subject, ["kind"])])

default group := "core"

group := split(subject.apiVersion, "/")[0] if contains(subject.apiVersion, "/")

label := concat("/", [part | some part in [get(subject, ["metadata", "namespace"]), get(subject, ["metadata", "name"])]; is_string(part)])

# Pods, wherever a kind carries one.
template := subject if templates[group_kind] == []

template := get(subject, templates[group_kind]) if templates[group_kind] != []

metadata := get(template, ["metadata"])

pod := get(template, ["spec"])

containers := [{"place": sprintf("%s[%d]%s", [list, index, named(container)]), "value": container} |
	some list in ["initContainers", "containers", "ephemeralContainers"]
	some index, container in items(get(pod, [list]))
]

# An ephemeral container can't have resources.
resourced := [container | some container in containers; not startswith(container.place, "ephemeral")]

volumes := [{"place": sprintf("volumes[%d]%s", [index, named(volume)]), "value": volume} |
	some index, volume in items(get(pod, ["volumes"]))
]

images := array.concat(
	[{"place": container.place, "value": get(container.value, ["image"])} | some container in containers],
	[{"place": volume.place, "value": get(volume.value, ["image", "reference"])} |
		some volume in volumes
		get(volume.value, ["image"]) != null
	],
)

# One field of the security context wherever it can be set.
settings(path) := array.concat(
	[{"place": "securityContext", "value": get(pod, array.concat(["securityContext"], path))}],
	[{"place": container.place, "value": get(container.value, array.concat(["securityContext"], path))} | some container in containers],
)

windows if get(pod, ["os", "name"]) == "windows"

user_namespace if get(pod, ["hostUsers"]) == false

# A quantity above zero: 250m, 0.5, 1e3, 128Mi.
is_amount(quantity) if {
	not is_boolean(quantity)
	quantity != null
	written := sprintf("%v", [quantity])
	regex.match(`^\+?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$`, written)
	regex.match(`^\+?[0.]*[1-9]`, written)
}

default named(_) := ""

named(value) := sprintf(" %q", [value.name]) if is_string(value.name)

templates := $TEMPLATES
