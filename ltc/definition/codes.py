"""Every complaint about a definition: its stable code, its sentence and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """One kind of mistake. ``sentence`` is filled with the particulars; ``remedy`` says what to do."""

    sentence: str
    remedy: str


# Codes are stable: never renumber, never reuse. 001 reader, 020 shape, 040 words, 060 expressions and names,
# 080 effects and ways, 100 people and time, 120 what would be accepted and then do nothing, 130 tables and fragments.
CODES: dict[str, Code] = {
    "LTC-D001": Code("the file has {size} bytes, more than {limit}", "split the definition; one process per file"),
    "LTC-D002": Code("the file is not UTF-8 text", "save it as UTF-8"),
    "LTC-D003": Code("this is not YAML: {problem}", "mend the indentation, brackets or quotes here"),
    "LTC-D004": Code("nested deeper than {limit} levels", "take the inner part out into a leg of its own"),
    "LTC-D005": Code("more than {limit} values", "split the definition; one process per file"),
    "LTC-D006": Code("anchors and aliases (& and *) are not part of the language", "write the value again"),
    "LTC-D007": Code("merge keys (<<) are not part of the language", "write the keys out"),
    "LTC-D008": Code("tags and directives (! and %) are not part of the language", "remove it"),
    "LTC-D009": Code("the key '{key}' stands here twice (first on line {first})", "keep one of them"),
    "LTC-D010": Code("a second document begins here", "one file holds one definition; remove the '---'"),
    "LTC-D011": Code("a tab character", "indent with spaces"),
    "LTC-D012": Code("an invisible or control character (U+{point})", "remove it; type the text again"),
    "LTC-D013": Code("a key must be a word, not a list or a mapping", "write 'key: value'"),
    "LTC-D014": Code("no value is given for '{key}'", "give a value, or leave the key out"),
    "LTC-D015": Code("the file holds no definition", "begin with 'ltc: 1' and 'process: name'"),
    "LTC-D016": Code("cannot read {path}: {problem}", "check the path and its permissions"),
    "LTC-D017": Code("too large: more than {limit} {what}", "split the definition; one process per file"),
    "LTC-D020": Code("unknown key '{word}' in {where}", "use one of: {known}"),
    "LTC-D021": Code("'{word}' in {where} is reserved: not in this version", "{instead}"),
    "LTC-D022": Code("'{key}' is missing in {where}", "add it: {doc}"),
    "LTC-D023": Code("{where} must be {wanted}, not {found}", "write {wanted}"),
    "LTC-D024": Code("'{word}' is not a value of {where}", "use one of: {known}"),
    "LTC-D025": Code("{where} is not well formed: {problem}", "{remedy}"),
    "LTC-D026": Code("{where} must say one of: {known}", "add exactly one of these keys"),
    "LTC-D027": Code("{where} says both '{first}' and '{second}'", "keep one of them"),
    "LTC-D028": Code("{where} must not be empty", "add at least one entry"),
    "LTC-D029": Code("{word} is not in {low} to {high} ({where})", "choose a number in this range"),
    "LTC-D030": Code("this is language version {word}; this program speaks version 1", "write 'ltc: 1'"),
    "LTC-D040": Code("there is no operation '{word}'", "name one that a system offers: {known}"),
    "LTC-D041": Code("there is no event '{word}'", "name one that a system reports: {known}"),
    "LTC-D042": Code("'{op}' takes no '{word}'", "it takes: {known}"),
    "LTC-D043": Code("'{op}' needs '{word}'", "add '{word}:' under 'with:'"),
    "LTC-D044": Code("there is no role '{word}' in the people file", "use one of: {known}, or add the role there"),
    "LTC-D045": Code("there is no person '{word}' in the people file", "use one of: {known}, or add the person there"),
    "LTC-D046": Code("there is no currency '{word}'", "use an ISO 4217 code such as USD, EUR or CNY"),
    "LTC-D047": Code("there is no calendar '{word}'", "use one of: {known}"),
    "LTC-D048": Code("there is no leg '{word}'", "use one of: {known}"),
    "LTC-D049": Code("'{op}' never refuses for '{word}'", "it refuses for: {known}; 'default' stands for all others"),
    "LTC-D050": Code("the step name '{word}' is taken in this leg", "give each step of a leg its own name"),
    "LTC-D051": Code(
        "a pivot comes after a call of this leg or an event whose documents a wait gathers; '{word}' is neither",
        "use one of: {known}, or add 'into:' to the wait",
    ),
    "LTC-D054": Code("two levels are called '{word}'", "give each level its own name"),
    "LTC-D055": Code("'otherwise' must come last, and once", "move it to the end of the choice"),
    "LTC-D056": Code("the name '{word}' means something to the language itself", "choose another name"),
    "LTC-D057": Code(
        "'match' must have the form event.{subject} == NAME.id",
        "compare the event's '{subject}' with the document it is about",
    ),
    "LTC-D058": Code("'{word}' collects nothing: {why}", "leave out 'into:'"),
    "LTC-D059": Code("a retry gives '{word}', which '{op}' does not take", "it takes: {known}"),
    "LTC-D060": Code("in {where}: {problem}", "mend the expression"),
    "LTC-D061": Code(
        "'{word}' is not a name here", "names here: {known}; a constant text stands in quotes of its own: \"'text'\""
    ),
    "LTC-D062": Code("'{word}' is not set yet here: line {line} sets it", "move this after the step that sets it"),
    "LTC-D063": Code(
        "'{word}' may be missing here: not every way to this place sets it", "ask first: has({word}.{field}) && …{also}"
    ),
    "LTC-D064": Code(
        "'{word}' is set in another branch of the same parallel", "read it after the branches have joined"
    ),
    "LTC-D065": Code("'{word}' already means {what} (line {line})", "choose another name"),
    "LTC-D066": Code("{where} takes {wanted}; this gives {found}", "give it {wanted}"),
    "LTC-D067": Code("'{word}' is not a document", "name the result of a step that gives a document"),
    "LTC-D068": Code(
        "'{word}' cannot be looped over: it is not a collection", "name an 'into:' or an expression that gives a list"
    ),
    "LTC-D069": Code("'match' is about {found}, but '{event}' reports on {wanted}", "compare with the id of {wanted}"),
    "LTC-D070": Code("'{word}' cannot be bound: it is not a field of '{subject}'", "write {subject}.FIELD"),
    "LTC-D071": Code("nothing ever waits for '{word}'", "compare waiting_for with one of: {known}"),
    "LTC-D080": Code(
        "'{op}' has an effect, and no undo is said",
        "add undo: {{call: …}}, {{none: reason}} or {{irreversible: reason}}",
    ),
    "LTC-D081": Code(
        "what '{event}' reports took effect, and no undo is said",
        "add undo: {{none: reason}} or {{irreversible: reason}}",
    ),
    "LTC-D082": Code(
        "the undo needs '{word}', which is not sure to exist when it runs",
        "use what is set before this step, or its own result",
    ),
    "LTC-D083": Code("'{op}' only reads: there is nothing to undo", "remove the undo, or write {{none: reads only}}"),
    "LTC-D084": Code("'{op}' only reads: it cannot undo anything", "name the inverse operation{hint}"),
    "LTC-D085": Code("after the pivot in leg '{leg}', '{what}' would compensate", "hold instead, or go on by steps"),
    "LTC-D086": Code(
        "nothing leads here: the step before it always ends the chain", "remove it, or move it before the end"
    ),
    "LTC-D087": Code("{by} sends back past '{step}', which does not say what a second visit does", "add on_revisit"),
    "LTC-D088": Code("'{word}' is not an earlier leg", "send back to this leg or one before it: {known}"),
    "LTC-D089": Code("an item of a loop cannot be sent back", "hold the item, or go on by steps"),
    "LTC-D090": Code("this '{word}' is always {value}", "remove the condition, or what it guards"),
    "LTC-D091": Code("on_revisit of '{op}' must call an operation with an effect, or skip", "write on_revisit: skip"),
    "LTC-D092": Code("{where} cannot be '{word}'", "use one of: {known}"),
    "LTC-D093": Code(
        "'starts: on_item' needs a collection filled by 'into:'", "loop over an 'into:' name, or start when_complete"
    ),
    "LTC-D094": Code("'{word}' is filled in leg '{leg}', which comes later", "move the loop after it"),
    "LTC-D096": Code(
        "after a rejection these steps go on as if it had been approved", "finish them with an 'end' step"
    ),
    "LTC-D097": Code("a warning at 100% or later is none", "warn before the target: 80%"),
    "LTC-D098": Code("a promise that is due at an instant cannot pause", "remove 'pause_while', or promise a span"),
    "LTC-D099": Code(
        "no system here carries out '{word}'", "the adapter of '{port}' does not offer it: ltc adapter show"
    ),
    "LTC-D100": Code(
        "role '{word}' has {have} member(s); level '{level}' needs {need}",
        "add members to the role, or ask for fewer votes",
    ),
    "LTC-D101": Code(
        "with four_eyes the requester may be the only one who could decide level '{level}'",
        "name a role with more members",
    ),
    "LTC-D102": Code("'requester' is used, but start says no requester", "add start.requester"),
    "LTC-D103": Code(
        "the {what} ({inner}) cannot fit into the {outer_what} ({outer})", "shorten it, or lengthen the outer one"
    ),
    "LTC-D104": Code(
        "this rung comes after the hold: nothing happens any more once it holds", "move it before the hold"
    ),
    "LTC-D105": Code("rungs must rise: {later} comes after {earlier}", "sort them by time"),
    "LTC-D106": Code(
        "a rung must do something", "add notify: role:NAME, hold: true, reassign: role:NAME or decide: approve"
    ),
    "LTC-D150": Code(
        "nothing ends these periods", "add 'count', 'until', 'while' or 'stop'; a cancel alone is no plan"
    ),
    "LTC-D151": Code("'{word}' is no day of a {unit}", "leave out 'on', or use one of: {known}"),
    "LTC-D152": Code("level '{word}' does nothing", "add 'steps', or 'notify: customer'"),
    "LTC-D153": Code("levels must rise: '{later}' does not come after '{earlier}'", "sort them by 'after'"),
    "LTC-D180": Code("'{word}' of field '{field}' is not well formed: {problem}", "{remedy}"),
    "LTC-D181": Code("field '{field}' asks for {low} at least and {high} at most", "let min be no more than max"),
    "LTC-D182": Code("the answers of a task have '{word}' already", "choose another name for the field"),
    "LTC-D183": Code("a form of {found} {what}; more than {limit} are not taken", "split the task into several"),
    "LTC-D184": Code("'{field}' is not a collection that 'into:' gathers: '{word}'", "use one of: {known}"),
    "LTC-D185": Code(
        "task '{task}' has a checklist: something is done outside, and no undo is said",
        "add undo: {{none: reason}}, {{irreversible: reason}} or {{call: …}}",
    ),
    "LTC-D186": Code("'{word}' may be left empty: nothing may be read from it unasked", "ask first: has({word}) && …"),
    "LTC-D187": Code("'{word}' is none of the options of '{field}'", "use one of: {known}"),
    "LTC-D170": Code("there is no handler '{word}'", "use one of: {known}"),
    "LTC-D171": Code(
        "handler '{word}' would {what}, which cannot be once the chain has completed",
        "let it run steps or hold, or take it out of keep_open",
    ),
    "LTC-D172": Code("'{word}' never comes to its turn: '{first}' takes every '{event}' before it", "{remedy}"),
    "LTC-D173": Code("no step of handler '{word}' leaves '{name}'", "write 'as: {name}' at the step that changes it"),
    "LTC-D158": Code(
        "'{word}': not every event that may end the wait has '{field}'",
        "ask first, has({word}) && …, or give that event a name of its own (as:)",
    ),
    "LTC-D154": Code("there is no process '{word}' beside this definition", "use one of: {known}"),
    "LTC-D155": Code("'{process}' starts with an event that has no '{word}'", "it has: {known}"),
    "LTC-D156": Code("'{process}' starts with an event that needs '{word}'", "add '{word}:' under 'input:'"),
    "LTC-D157": Code("processes start each other in a circle: {way}", "let no child start its parent"),
    "LTC-D174": Code(
        "the shares of '{what}' make {total} %, each above 0 %, and not 100 %", "let the shares make 100%"
    ),
    "LTC-D175": Code(
        "'{word}' must say a share, or, like all others, an amount", "say one of share and amount, the same throughout"
    ),
    "LTC-D176": Code("two {what} are called '{word}'", "give each a name of its own"),
    "LTC-D177": Code(
        "'{word}' does not say after which leg it falls due, and leg '{leg}' waits for that",
        "add 'after: LEG', or let the loop start when_complete",
    ),
    "LTC-D178": Code(
        "leg '{word}' does not come before '{leg}', which bills what falls due after it", "name an earlier leg"
    ),
    "LTC-D120": Code("'{key}' would have no effect here: {why}", "{remedy}"),
    "LTC-D107": Code(
        "four_eyes keeps out who has decided already; this would ask them again",
        "write same_person_again: skip, or four_eyes: false",
    ),
    "LTC-D108": Code(
        "level '{level}' asks one person; {need} votes can never come together",
        "ask a role, or leave out the votes",
    ),
    "LTC-D109": Code(
        "this rung comes after one that decides: nothing is open any more", "move it before that rung, or remove it"
    ),
    "LTC-D110": Code(
        "'{key}' is about approvals, and none is open under this promise",
        "move it to the promise of an approval, its level or its leg",
    ),
    "LTC-D111": Code("one rung cannot both '{first}' and '{second}'", "keep one of them, or make two rungs"),
    "LTC-D112": Code("'{word}' is nothing that '{table}' ever gives", "compare it with one of: {known}"),
    "LTC-D113": Code(
        "'{word}' ({inner}) is longer than '{outer_what}' ({outer})", "shorten it, or lengthen '{outer_what}'"
    ),
    "LTC-D114": Code("this key is the same every time: all would be one", "take it from {what}"),
    "LTC-D115": Code("'{word}' stands twice in {where}", "keep one of them"),
    "LTC-D116": Code("this arm is never taken: those before it hold first", "remove it, or move it up"),
    "LTC-D190": Code("the process has no {what} '{word}'", "use one of: {known}"),
    "LTC-D130": Code("two promises here are called '{word}'", "give each promise of a place its own name"),
    "LTC-D131": Code("'{word}' is an input and an output of the same table", "give each column its own name"),
    "LTC-D132": Code("the table '{word}' needs either 'rows' or 'file'", "write exactly one of them"),
    "LTC-D133": Code("the table has no column '{word}'", "use one of: {known}, each once"),
    "LTC-D134": Code("this row has {found} cells, not {wanted}", "give a cell for each column, empty for anything"),
    "LTC-D135": Code("in column '{word}': {problem}", "mend the cell, or the type of its column"),
    "LTC-D136": Code("no '{word}' is given", "give every output in every row and in 'otherwise'"),
    "LTC-D137": Code("the rows of '{word}' overlap in too many ways to be proved", "split the table"),
    "LTC-D138": Code("no row of '{word}' holds for: {example}", "add a row for it, or otherwise: {{…}}"),
    "LTC-D139": Code("this row never counts: the rows above it hold first", "remove it, or move it up"),
    "LTC-D140": Code(
        "rows {row} and {other} both hold for: {example}, but hit is '{hit}'",
        "make their conditions exclude each other, or write hit: first",
    ),
    "LTC-D141": Code("the table '{word}' reads '{inner}', which is not sure to be set here", "use it later"),
    "LTC-D142": Code("a table's input cannot read the table '{word}'", "read what that table reads"),
    "LTC-D143": Code("'{word}' gives no {wanted}", "name an output of type {wanted}: {known}"),
    "LTC-D144": Code("input '{word}' is in {base}; this row compares with {found}", "write the amounts in {base}"),
    "LTC-D145": Code("there is no fragment '{word}' in fragments/ beside the definition", "use one of: {known}"),
    "LTC-D146": Code(
        "fragments use each other too deeply, or in a circle: {way}", "stay within {depth} levels and {most} uses"
    ),
    "LTC-D147": Code("fragment '{name}' has no '{word}'", "use one of: {known}"),
    "LTC-D148": Code("fragment '{name}' needs '{word}'", "add '{word}:' under 'with:'"),
    "LTC-D149": Code("the fragment reads '{word}', which is neither its own nor handed to it", "make it a parameter"),
    "LTC-D159": Code(
        "this is a fragment: it runs nowhere by itself",
        "lint a definition that says 'use: {name}': the fragment is checked with it",
    ),
}
