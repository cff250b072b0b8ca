# What the rules read: the same as idp_components/rules/{field,pod,values}.py, in Rego. The paths of $TEMPLATES come from there.
package lib.idp

subject := input.review.object

# Whether it comes from Kubernetes itself, whose own roles have every right. Only an admission request says so.
by_kubernetes if input.review.userInfo.username in $KUBERNETES

# A Rollout that takes its pods from a Deployment, which is judged in its place.
by_reference if {
	group_kind == $ROLLOUT
	get(subject, ["spec", "workloadRef"]) != null
}

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

# serviceAccount is the old name of serviceAccountName.
account := name if {
	name := get(pod, ["serviceAccountName"])
	not name in {null, ""}
} else := get(pod, ["serviceAccount"])

user_namespace if get(pod, ["hostUsers"]) == false

# A quantity above zero: 250m, 0.5, 1e3, 128Mi.
is_amount(value) if quantity(value) > 0

# A quantity in its base unit, cores or bytes; undefined for what is none.
quantity(value) := to_number(concat("", [parts[1], parts[2]])) * factors[parts[3]] if {
	not is_boolean(value)
	value != null
	parts := regex.find_all_string_submatch_n($QUANTITY, sprintf("%v", [value]), 1)[0]
}

factors := {
	"": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
	"Ki": 1024, "Mi": 1048576, "Gi": 1073741824, "Ti": 1099511627776, "Pi": 1125899906842624, "Ei": 1152921504606846976,
}

# Numbers and booleans, also as text; undefined for anything else.
number(value) := value if is_number(value)

number(value) := to_number(trim_space(value)) if is_string(value)

is_true(value) if lower(trim_space(sprintf("%v", [value]))) == "true"

is_false(value) if lower(trim_space(sprintf("%v", [value]))) == "false"

annotation(name) := get(subject, ["metadata", "annotations", name])

# Containers that run on and that no probe asks: ordinary ones, and sidecars, which are init containers that always restart.
without(probe) := {container.place |
	not ending
	some container in containers
	runs_on(container)
	asked := [true | some handler in $HANDLERS; is_object(get(container.value, [probe, handler]))]
	count(asked) == 0
}

runs_on(container) if startswith(container.place, "containers")

runs_on(container) if {
	startswith(container.place, "initContainers")
	get(container.value, ["restartPolicy"]) == "Always"
}

ending if get(pod, ["restartPolicy"]) in $ENDING

ending if get(metadata, ["labels", $COMPONENT]) == $WORKER

# The rules of a role, and where they grant one of some resources with one of some verbs.
rights := [{"place": sprintf("rules[%d]", [index]), "value": rule} | some index, rule in items(get(subject, ["rules"]))]

granted(groups, resources, verbs) := {rule.place | some rule in rights; grants(rule, groups, resources, verbs)}

grants(rule, groups, resources, verbs) if {
	not everything(rule)
	some name in items(get(rule.value, ["resources"]))
	means(name, resources)
	some group in items(get(rule.value, ["apiGroups"]))
	group in array.concat(groups, ["*"])
	some verb in items(get(rule.value, ["verbs"]))
	verb in array.concat(verbs, ["*"])
}

# All of everything is left to the rule about wildcards.
everything(rule) if {
	every key in ["apiGroups", "resources", "verbs"] {
		"*" in items(get(rule.value, [key]))
	}
}

means("*", _)

means(name, resources) if name in resources

# A part of a resource of which all parts are meant, as in userextras/.
means(name, resources) if concat("", [split(name, "/")[0], "/"]) in resources

# That part of every resource.
means(name, resources) if {
	startswith(name, "*/")
	name != "*/"
	some each in resources
	endswith(each, trim_prefix(name, "*"))
}

# To whom a binding gives a role; an account of pods may be called anything.
subjects := [{"place": sprintf("subjects[%d]", [index]), "name": text(one, ["name"]), "kind": text(one, ["kind"])} |
	some index, one in items(get(subject, ["subjects"]))
]

people := [one | some one in subjects; one.kind != "ServiceAccount"]

# An object without a label; the cluster's own namespaces need none.
unlabelled(key) if {
	not of_cluster
	not regex.match($VALUE, text(labelled, ["metadata", "labels", key]))
}

# A Job without labels gets those of its pods from the API server.
labelled := get(subject, ["spec", "template"]) if {
	group_kind == "batch/Job"
	get(subject, ["metadata", "labels"]) in {null, {}}
} else := subject

of_cluster if {
	group_kind == "core/Namespace"
	get(subject, ["metadata", "name"]) in $SYSTEM
}

# A namespace of an environment that ends.
ephemeral if get(subject, ["metadata", "labels", $EPHEMERAL]) != null

ephemeral if {
	some path in [["labels", $ENVIRONMENT], ["name"]]
	regex.match($PREVIEW, text(subject, array.concat(["metadata"], path)))
}

default named(_) := ""

named(value) := sprintf(" %q", [value.name]) if is_string(value.name)

templates := $TEMPLATES
