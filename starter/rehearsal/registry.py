"""Everything that enters kinds of sights and actions of a rehearsal: who adds a file of them names it here."""

from starter.rehearsal import actions, sights, tasks, trade

FILES = (actions, sights, tasks, trade)
