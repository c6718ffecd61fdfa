# METADATA
# scope: package
# title: What a complete facts document looks like
# description: >-
#   Every field is always present and what is not known is spelled "unknown". A field that is absent, of another
#   type, or "unknown" where a rule needs its value is malformed; `slidebox.lib.judge` turns that into a finding.
package slidebox.lib.shape

levels := derived_levels | {"raw_images", "metadata", "pipelines"}

derived_levels := {
	"corrected_images",
	"segmentation_masks",
	"single_cell_images",
	"single_cell_embeddings",
	"bulk_embeddings",
}

sensitivities := {"identifiable", "coded", "confidential", "open"}

terms := {"short", "mid", "long"}

roles := {"contributor", "reader", "steward"}

gates := {"plan", "preview", "live", "publish"}

# METADATA
# title: What a place can have
capabilities := {
	"versioning",
	"object_lock",
	"encryption",
	"own_key",
	"encrypted_transport",
	"public_access_block",
	"account_public_access_block",
	"access_log",
	"lifecycle",
}

vocabularies := {
	"level": levels,
	"origin": {"lab", "academic", "industry", "public"},
	"sensitivity": sensitivities,
	"activity": {"active", "resting", "finished"},
	"keep": {"copy", "stream", "scratch"},
	"term": terms,
}

# METADATA
# title: What each field of each kind of thing has to be
fields := {
	"datasets": {
		"project": "word",
		"level": "level",
		"origin": "origin",
		"sensitivity": "sensitivity",
		"activity": "activity",
		"term": "term",
		"keep": "keep",
		"bytes": "amount",
		"files": "amount",
		"largest_file_bytes": "amount",
		"licence": "word",
		"duo": "words",
		"parents": "words",
		"replaces": "word",
		"source": "word",
		"patient_derived": "flag",
		"agreement": "word",
		"regions": "words",
		"created": "day",
		"embargo": "day",
		"expires": "day",
		"scratch_days": "limit",
		"retention_days": "limit",
		"hold": "word",
		"step": "step",
		"deidentification": "deidentification",
		"scan": "scan",
		"audience": "audience",
		"public_terms": "words",
	},
	"stores": {
		"kind": "word",
		"failure_domain": "word",
		"site": "word",
		"capacity": "limit",
		"region": "word",
		"data_use_agreement": "flag",
		"roles": "flag",
		"life_ends": "day",
	},
	"systems": {
		"access": "word",
		"speed": "word",
		"versioned": "flag",
		"shared": "flag",
		"licence": "word",
		"max_bytes": "limit",
		"min_bytes": "limit",
		"max_total_bytes": "limit",
		"max_files": "limit",
		"max_file_bytes": "limit",
		"classes": "classes",
	},
	"people": {"organisation": "word", "left": "day", "until": "day"},
	"teams": {"members": "words"},
	"services": {"owner": "word", "until": "day"},
	"agreements": {
		"party": "word",
		"kind": "word",
		"allows": "words",
		"ends": "day",
		"retention_days": "limit",
		"regions": "words",
	},
	"projects": {
		"owner": "word",
		"uses": "words",
		"levels": "words",
		"grant": "word",
		"grant_ends": "day",
		"budget": "budget",
	},
	"locations": {
		"term": "term",
		"starts": "date",
		"storage_class": "word",
		"failure_domain": "word",
		"readers": "readers",
		"keys": "texts",
		"wildcards": "wildcards",
		"tags": "object",
		"has": "capabilities",
		"lifecycle": "lifecycle",
	},
	"lab": {"required_tags": "words", "retention_days": "limit", "region": "word"},
}

# METADATA
# title: What a rule calls a thing, by the map it is in
singular := {
	"agreements": "agreement",
	"datasets": "dataset",
	"lab": "lab",
	"locations": "location",
	"people": "person",
	"projects": "project",
	"services": "service",
	"stores": "store",
	"systems": "system",
	"teams": "team",
}

malformed_tops contains top if {
	some top, _ in object.union(singular, {"waivers": "waiver"})
	not is_object(object.get(input, top, "missing"))
}

malformed_tops contains "facts.now" if not date(object.get(input, "now", ""))

malformed_tops contains "facts.gate" if not object.get(input, "gate", "") in gates

# One look clears what is sound; only the rest is looked at field by field.
faults[top][id] contains name if {
	some top in (object.keys(singular) - {"lab"})
	some id, thing in input[top]
	not sound(top, thing)
	some key, kind in fields[top]
	not has(thing, key, kind)
	name := sprintf("%s.%s", [singular[top], key])
}

lab_faults contains sprintf("lab.%s", [key]) if {
	some key, kind in fields.lab
	not known_of_lab(input, key, kind)
}

sound(top, thing) if {
	every key, kind in fields[top] { is(kind, thing[key]) }
}

# Both take the whole object: `not f(object.key)` is undefined, not true, where the key is missing.
has(thing, key, kind) if is(kind, thing[key])

known_of_lab(facts, key, kind) if is(kind, facts.lab[key])

# METADATA
# title: Fields that are not known and belong to everything, such as those of people
common contains field if some field in lab_faults

common contains field if {
	some top in {"people", "services", "teams"}
	some field in faults[top][_]
}

# METADATA
# title: Fields of a dataset, of its project and of its agreement that are not known, by dataset
malformed_datasets[id] contains field if {
	some id, _ in input.datasets
	some field in common
}

malformed_datasets[id] contains field if {
	some id, found in faults.datasets
	some field in found
}

malformed_datasets[id] contains field if some [id, field] in unreferred

malformed_datasets[id] contains field if {
	some id, dataset in input.datasets
	some field in faults.projects[dataset.project]
}

malformed_datasets[id] contains field if {
	some id, dataset in input.datasets
	some field in faults.agreements[dataset.agreement]
}

malformed_datasets[id] contains field if {
	some id, dataset in input.datasets
	some role in roles
	some principal in dataset.audience[role]
	some field in undeclared[principal]
}

# People, teams and services that an audience names and that are not there: nobody knows who they are.
undeclared := {principal: missing |
	some principal in {one | some dataset in input.datasets; some role in roles; some one in dataset.audience[role]}
	named(principal)
	some [prefix, top] in [["person:", "people"], ["team:", "teams"], ["service:", "services"]]
	startswith(principal, prefix)
	not input[top][trim_prefix(principal, prefix)]
	missing := {sprintf("%s.%s", [singular[top], key]) | some key, _ in fields[top]}
}

# A project or an agreement that is named and not there: none of its fields is known.
unreferred contains [id, sprintf("project.%s", [key])] if {
	some id, dataset in input.datasets
	not input.projects[dataset.project]
	some key, _ in fields.projects
}

unreferred contains [id, sprintf("agreement.%s", [key])] if {
	some id, dataset in input.datasets
	dataset.agreement != "none"
	not input.agreements[dataset.agreement]
	some key, _ in fields.agreements
}

# METADATA
# title: Fields of a location, of its dataset and of its store that are not known, by location
malformed_locations[id] contains field if {
	some id, found in faults.locations
	some field in found
}

malformed_locations[id] contains field if some [id, field] in lost

malformed_locations[id] contains field if {
	some id, location in input.locations
	some field in malformed_datasets[location.dataset]
}

malformed_locations[id] contains field if {
	some [top, key] in [["stores", "store"], ["systems", "system"]]
	some id, location in input.locations
	some field in faults[top][location[key]]
}

# What a location names and what is not there.
lost contains [id, sprintf("location.%s", [key])] if {
	some id, location in input.locations
	some [key, top] in [["dataset", "datasets"], ["store", "stores"], ["system", "systems"]]
	not refers(location, key, top)
}

refers(location, key, top) if input[top][location[key]]

is(kind, value) if value in vocabularies[kind]

is("flag", value) if is_boolean(value)

is("amount", value) if amount(value)

is("limit", value) if amount(value)

is("limit", "none")

is("word", value) if word(value)

is("words", value) if words(value)

is("texts", value) if texts(value)

is("object", value) if is_object(value)

is("day", value) if day(value)

is("date", value) if date(value)

is("step", value) if {
	record(value)
	day(value.date)
}

is("deidentification", value) if {
	record(value)
	word(value.method)
	words(value.identifiers)
	day(value.date)
}

is("scan", value) if {
	record(value)
	is_boolean(value.passed)
	day(value.date)
}

is("budget", value) if {
	record(value)
	amount(value.monthly_usd)
}

is("audience", value) if {
	every role in roles {
		is_array(value[role])
		every principal in value[role] { named(principal) }
	}
}

is("readers", value) if {
	is_array(value)
	every reader in value {
		principal(reader.principal)
		is_array(reader.actions)
		every action in reader.actions { action in {"read", "write", "delete"} }
		texts(reader.path)
	}
}

is("wildcards", value) if {
	is_array(value)
	every wildcard in value {
		wildcard.what in {"principal", "action"}
		is_string(wildcard.where)
		is_string(wildcard.value)
	}
}

# That it is not known whether a place has something may be said; it has to be said.
is("capabilities", value) if {
	every capability in capabilities { value[capability] in {true, false, "unknown"} }
}

is("lifecycle", value) if {
	value.offered in {true, false, "unknown"}
	every key in {"abort_days", "noncurrent_days", "expire_days"} { days(value[key]) }
	is_array(value.transitions)
	every transition in value.transitions {
		amount(transition.days)
		word(transition.storage_class)
	}
}

is("classes", value) if {
	is_object(value)
	every class in value {
		every key in {
			"usd_per_tb_month",
			"min_days",
			"min_object_bytes",
			"overhead_bytes",
			"transition_usd_per_1000",
		} {
			amount(class[key])
		}
		tiered(class.tiered)
	}
}

# What a class that moves objects by itself has besides.
tiered("none")

tiered(about) if {
	amount(about.watching_usd_per_1000)
	amount(about.unread)
	is_array(about.falls)
	every fall in about.falls {
		amount(fall.after_days)
		amount(fall.usd_per_tb_month)
	}
}

days(value) if amount(value)

days(value) if value in {"none", "unknown"}

amount(value) if {
	is_number(value)
	value >= 0
}

word(value) if {
	is_string(value)
	not value in {"", "unknown"}
}

words(value) if {
	is_array(value)
	every item in value { word(item) }
}

texts(value) if {
	is_array(value)
	every item in value { is_string(item) }
}

day(value) if date(value)

day(value) if value in {"none", "never"}

date(value) if written(value, `^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)

# Whom an audience can name, and who can be found to have access. In any other form somebody could pass for nobody.
named(value) if written(value, `^((person|team|service):.+|any_account|anyone)$`)

written(text, pattern) if {
	is_string(text)
	regex.match(pattern, text)
}

principal(value) if named(value)

principal(value) if value == "unknown"

principal(value) if startswith(value, "account:")

record(value) if {
	is_boolean(value.recorded)
	words(value.missing)
}
