"""The people directory read from one YAML or JSON file."""

from ltc.adapters.people_file.directory import PeopleFile

__all__ = ["PeopleFile"]
