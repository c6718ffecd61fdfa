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
# description: The custom part of the METADATA of the package that called `rego.metadata.chain()`.
rule(chain) := custom if {
	some link in chain
	custom := link.annotations.custom
	custom.id
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

unread(info, malformed, top) := {said |
	some subject, fields in malformed
	missing := fields & {field | some field in info.reads}
	count(missing) > 0
	said := unknown(info, subject, missing)
} | {said |
	needed := {top} | {plural[prefix] | some field in info.reads; some prefix, _ in plural; startswith(field, prefix)}
	missing := needed & shape.malformed_tops
	count(missing) > 0
	said := unknown(info, "facts", missing)
}

unknown(info, subject, fields) := object.union(
	finding(info, subject, sprintf("cannot be judged: %s not known", [list_of(fields)])),
	{"cure": sprintf("Say it, or make it readable; what is unknown is not allowed. %s", [info.cure])},
)

list_of(fields) := sprintf("%s is", [concat("", fields)]) if count(fields) == 1

list_of(fields) := sprintf("%s are", [concat(", ", sort(fields))]) if count(fields) > 1

plural := {
	"agreement.": "agreements",
	"dataset.": "datasets",
	"lab.": "lab",
	"location.": "locations",
	"store.": "stores",
	"system.": "systems",
	"team.": "teams",
}
