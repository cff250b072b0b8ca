"""What one line of the table says about a resource type. Everything it doesn't say is derived from botocore's service model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

State = dict[str, Any]
"""Properties of a resource, by the SDK's camelCase names."""


class Caller(Protocol):
    """Calls operations of AWS services."""

    def call(self, service: str, operation: str, **members: Any) -> dict[str, Any]:
        """The answer of one operation. Raises AwsError."""


@dataclass(frozen=True, eq=False)
class Call:
    """One operation. Its members are filled from the properties of the same name."""

    operation: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Members with a value that no property has."""
    answer: str = "@"
    """JMESPath to the resource in the answer; a missing one means that the resource is gone."""
    where: Mapping[str, str] = field(default_factory=dict)
    """The answer is a list; the resource is its item whose member (key) equals the property (value)."""
    each: str = ""
    """The operation takes one attribute at a time: the map of attributes that is spread over calls."""
    describes: bool = False
    """A deletion that takes the resource's properties instead of what finds it."""


@dataclass(frozen=True, eq=False)
class Tagging:
    """How tags of a resource are set, taken off and listed."""

    tag: Call
    untag: Call
    list: Call


Hook = Callable[[Caller, State, State], None]
"""Work that the table can't say: takes the properties before and after."""


@dataclass(frozen=True, eq=False)
class Kind:
    """One resource type."""

    service: str
    create: Call
    read: tuple[Call, ...]
    delete: Call | None
    """None where the resource goes with the one that it is a part of."""
    update: tuple[Call, ...] = ()
    """A changed property that none of these takes replaces the resource."""
    creates: Mapping[str, Call] = field(default_factory=dict)
    """Property -> the operation that creates instead where the property is given, as a copy is made of a source."""
    identity: tuple[str, ...] = ("name",)
    """Properties that find the resource; an import writes them with `/` between."""
    id: str = ""
    """Property that is the resource's id; without one the identity is."""
    members: Mapping[str, str] = field(default_factory=dict)
    """Property -> member of requests and answers, where the names differ: a path like `Attributes.Policy` or `Rules[0].Port`;
    a property inside of another one is written `parent.child`."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Member -> property, where an operation names the resource in its own way."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Property -> JMESPath in the answers of `read`: what AWS decides, and inputs that the answer shows elsewhere."""
    composed: Mapping[str, str] = field(default_factory=dict)
    """Property -> text with other properties in braces: what no answer holds."""
    last: Mapping[str, str] = field(default_factory=dict)
    """Property -> the property whose last part it is, as the name in an ARN."""
    absent: Mapping[str, Any] = field(default_factory=dict)
    """Property -> the value that AWS wants left out."""
    local: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that only the provider uses, with their defaults."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    """Properties that replace although an operation would take them."""
    documents: frozenset[str] = frozenset()
    """Properties that hold a JSON text."""
    numbers: frozenset[str] = frozenset()
    """Properties that AWS answers as text although they are whole numbers."""
    maps: frozenset[str] = frozenset()
    """Properties that are maps here and lists of name and value at AWS."""
    secret: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    """Inputs that no answer shows: a change from outside can't be seen."""
    named: str = ""
    """Property that gets a name made of the logical one where none is given."""
    lowercase_names: bool = False
    """The service takes no capitals in names."""
    tags: Tagging | None = None
    ready: str = ""
    """JMESPath over the properties that is true once the resource works."""
    after: Hook | None = None
    """Runs after create and update."""
    before_delete: Hook | None = None

    def creation(self, inputs: State) -> Call:
        """The operation that creates with these inputs."""
        return next((call for name, call in self.creates.items() if inputs.get(name) is not None), self.create)

    @property
    def inputs_with_tags(self) -> tuple[str, ...]:
        """Inputs that every taggable type has."""
        return ("tags", "tagsAll") if self.tags else ()
