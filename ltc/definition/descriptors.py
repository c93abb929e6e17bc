"""Builds cel-expr-python's environment: pydantic models become protobuf messages of the package ``ltc``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cel_expr_python import cel
from google.protobuf import struct_pb2, timestamp_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from pydantic import BaseModel

from ltc.definition.types import ExprType
from ltc.model.money import Money

PACKAGE = "ltc"
_SCALARS = {
    "bool": FieldDescriptorProto.TYPE_BOOL, "string": FieldDescriptorProto.TYPE_STRING,
    "int": FieldDescriptorProto.TYPE_INT64, "double": FieldDescriptorProto.TYPE_DOUBLE,
}  # fmt: skip
_NAMES = {"bool": "BOOL", "string": "STRING", "int": "INT", "double": "DOUBLE", "timestamp": "TIMESTAMP"}


class Messages:
    """Gives each model one message name and writes its descriptor, whatever it refers to included."""

    def __init__(self) -> None:
        self.names: dict[type[BaseModel], str] = {}
        self.file = FileDescriptorProto(name="ltc/definition.proto", package=PACKAGE, syntax="proto2")
        self.file.dependency.extend([timestamp_pb2.DESCRIPTOR.name, struct_pb2.DESCRIPTOR.name])

    def add(self, kind: ExprType) -> None:
        """Write the message of a type, and of what it is made of."""
        if kind.item is not None:
            self.add(kind.item)
        if kind.model is None or kind.model in self.names:
            return
        self.names[kind.model] = self._free_name(kind.model.__name__)
        message = DescriptorProto(name=self.names[kind.model])
        for number, (name, field) in enumerate(kind.fields().items(), start=1):
            self.add(field)
            self._field(message, name, number, field)
        self.file.message_type.append(message)

    def pool(self) -> DescriptorPool:
        """Return a pool that holds every message added."""
        pool = DescriptorPool()
        pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
        pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
        pool.AddSerializedFile(self.file.SerializeToString())
        return pool

    def _free_name(self, wanted: str) -> str:
        taken = list(self.names.values())
        return wanted if wanted not in taken else f"{wanted}_{len(taken)}"

    def _field(self, message: DescriptorProto, name: str, number: int, kind: ExprType) -> None:
        field = message.field.add(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
        if kind.kind == "list" and kind.item is not None:
            field.label = FieldDescriptorProto.LABEL_REPEATED
            self._type(field, kind.item)
        elif kind.kind == "map" and kind.item is not None:
            field.label = FieldDescriptorProto.LABEL_REPEATED
            self._entry(message, field, kind.item)
        else:
            self._type(field, kind)

    def _entry(self, message: DescriptorProto, field: FieldDescriptorProto, item: ExprType) -> None:
        entry = message.nested_type.add(name="".join(part.title() for part in field.name.split("_")) + "Entry")
        entry.options.map_entry = True
        self._field(entry, "key", 1, ExprType("string"))
        self._field(entry, "value", 2, item)
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{PACKAGE}.{message.name}.{entry.name}"

    def _type(self, field: FieldDescriptorProto, kind: ExprType) -> None:
        if kind.kind in _SCALARS:
            field.type = _SCALARS[kind.kind]
            return
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        if kind.model is not None:
            field.type_name = f".{PACKAGE}.{self.names[kind.model]}"
        else:  # a list of lists, or what may be anything, is only known as a JSON value
            field.type_name = f".google.protobuf.{'Timestamp' if kind.kind == 'timestamp' else 'Value'}"

    def native(self, kind: ExprType) -> cel.Type:
        """Return the checker's type."""
        if kind.kind in _NAMES:
            return getattr(cel.Type, _NAMES[kind.kind])
        if kind.kind == "list":
            return cel.Type.List(self.native(kind.item or ExprType("dyn")))
        if kind.kind == "map":
            return cel.Type.Map(cel.Type.STRING, self.native(kind.item or ExprType("dyn")))
        return cel.Type(f"{PACKAGE}.{self.names[kind.model]}") if kind.model is not None else cel.Type.DYN


def gather(kinds: Iterable[ExprType]) -> Messages:
    """Return the messages of the types, and of Money, which base() takes."""
    messages = Messages()
    messages.add(ExprType.of(Money))
    for kind in kinds:
        messages.add(kind)
    return messages


def build(variables: Mapping[str, ExprType]) -> cel.Env:
    """Return the checker's environment for the variables, with base() and money()."""
    messages = gather(variables.values())
    money = messages.native(ExprType.of(Money))
    return cel.NewEnv(
        descriptor_pool=messages.pool(),
        variables={name: messages.native(kind) for name, kind in variables.items()},
        functions=[
            cel.FunctionDecl("base", [cel.Overload("base_money", cel.Type.INT, [money])]),
            cel.FunctionDecl("money", [cel.Overload("money_string", cel.Type.INT, [cel.Type.STRING])]),
        ],
    )
