# METADATA
# scope: package
# title: How a rule speaks
# description: >-
#   A rule takes its id, severity and cure from its own METADATA, and names there the fields it reads.
#   Where one of them is missing or malformed the rule does not hold: it says so in a finding.
package slidebox.lib.judge

import data.slidebox.lib.shape

# METADATA
# title: A rule's own words
# description: >-
#   The custom part of the METADATA of the package that called `rego.metadata.chain()`, its title and description.
rule(chain) := object.union(custom, words) if {
	some link in chain
	custom := link.annotations.custom
	custom.id
	words := {key: object.get(link.annotations, key, "") | some key in {"title", "description"}}
}

# METADATA
# title: A finding about a subject
finding(info, subject, message) := graded(info, info.severity, subject, message)

# METADATA
# title: A finding with another severity than the rule's own
graded(info, severity, subject, message) := {
	"rule": info.id,
	"severity": severity,
	"subject": subject,
	"message": message,
	"path": [],
	"cure": info.cure,
	"wants": "",
	"waived": "",
}

# METADATA
# title: A finding with the path by which a reader can read
by(said, path) := object.union(said, {"path": path})

# METADATA
# title: A finding that a planner may mend by itself
wanting(said, wish) := object.union(said, {"wants": wish})

# METADATA
# title: What a rule cannot judge of the locations
unread_locations(info) := unread(info, shape.malformed_locations, "locations")

# METADATA
# title: What a rule cannot judge of the datasets
unread_datasets(info) := unread(info, shape.malformed_datasets, "datasets")

# METADATA
# title: What a rule cannot judge of the things of a map, such as `waivers` or `projects`
unread_of(info, top) := unread(
	info,
	{called(top, id): fields | some id, fields in object.get(shape.faults, top, {})},
	top,
)

# What a subject is called: a project or a waiver by its name alone.
called("services", id) := sprintf("service:%s", [id])

called(top, id) := id if top != "services"

unread(info, malformed, top) := {said |
	some subject, fields in malformed
	said := unknown(info, subject, fields & reads(info))
} | {said | said := unknown(info, "facts", (({top} | maps(info)) | reads(info)) & shape.malformed_tops)}

reads(info) := {field | some field in info.reads}

# The maps that a rule needs.
maps(info) := {map |
	some field in info.reads
	some map, prefix in shape.singular
	startswith(field, sprintf("%s.", [prefix]))
}

# Nothing is said where every field is known: there is no list of none.
unknown(info, subject, fields) := object.union(
	finding(info, subject, sprintf("cannot be judged: %s not known", [list_of(fields)])),
	{"cure": sprintf("Say it, or make it readable; what is unknown is not allowed. %s", [info.cure])},
)

list_of(fields) := sprintf("%s is", [concat("", fields)]) if count(fields) == 1

list_of(fields) := sprintf("%s are", [concat(", ", sort(fields))]) if count(fields) > 1
