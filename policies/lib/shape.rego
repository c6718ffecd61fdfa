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

origins := {"lab", "academic", "industry", "public"}

activities := {"active", "resting", "finished"}

keeps := {"copy", "stream"}

vocabularies := {
	"level": levels,
	"origin": origins,
	"sensitivity": sensitivities,
	"activity": activities,
	"keep": keeps,
}

amounts := {"bytes", "files", "largest_file_bytes"}

malformed_tops contains top if {
	some top in {"agreements", "datasets", "lab", "locations", "people", "stores", "systems", "teams"}
	not is_object(object.get(input, top, "missing"))
}

# METADATA
# title: Fields of a location, of its dataset and of its store that are not known, by location
malformed_locations[id] contains field if some [id, field] in location_faults

malformed_locations[id] contains field if {
	count(malformed_datasets) > 0
	some id, location in input.locations
	some field in malformed_datasets[location.dataset]
}

malformed_locations[id] contains field if {
	count(malformed_stores) > 0
	some id, location in input.locations
	some field in malformed_stores[location.store]
}

malformed_locations[id] contains field if {
	count(malformed_systems) > 0
	some id, location in input.locations
	some field in malformed_systems[location.system]
}

malformed_locations[id] contains "lab.required_tags" if {
	lab_malformed
	some id, _ in input.locations
}

malformed_locations[id] contains "team.members" if {
	count(malformed_teams) > 0
	some id, _ in input.locations
}

location_faults contains [id, sprintf("location.%s", [key])] if {
	some id in unsound_locations
	some key in location_keys
	not location_field(key, input.locations[id])
}

# One pass clears what is sound; only the rest is looked at field by field.
unsound_locations contains id if {
	some id, location in input.locations
	not sound_location(location)
}

sound_location(location) if {
	input.datasets[location.dataset]
	input.stores[location.store]
	input.systems[location.system]
	location.term in terms
	word(location.failure_domain)
	is_object(location.tags)
	words(location.needs)
	texts(location.lacks)
	readers(location.readers)
}

location_keys := {"dataset", "store", "system", "term", "failure_domain", "tags", "needs", "lacks", "readers"}

location_field("dataset", location) if input.datasets[location.dataset]

location_field("store", location) if input.stores[location.store]

location_field("system", location) if input.systems[location.system]

location_field("term", location) if location.term in terms

location_field("failure_domain", location) if word(location.failure_domain)

location_field("tags", location) if is_object(location.tags)

location_field("needs", location) if words(location.needs)

location_field("lacks", location) if texts(location.lacks)

location_field("readers", location) if readers(location.readers)

# METADATA
# title: Fields of a dataset that are not known, by dataset
malformed_datasets[id] contains field if some [id, field] in dataset_faults

dataset_faults contains [id, sprintf("dataset.%s", [key])] if {
	some id in unsound_datasets
	some key in dataset_keys
	not dataset_field(key, input.datasets[id])
}

unsound_datasets contains id if {
	some id, dataset in input.datasets
	not sound_dataset(dataset)
}

sound_dataset(dataset) if {
	dataset.level in levels
	dataset.origin in origins
	dataset.sensitivity in sensitivities
	dataset.activity in activities
	dataset.keep in keeps
	amount(dataset.bytes)
	amount(dataset.files)
	amount(dataset.largest_file_bytes)
	word(dataset.source)
	word(dataset.agreement)
	words(dataset.parents)
	words(dataset.public_terms)
	record(dataset.step)
	record(dataset.deidentification)
	audience(dataset.audience)
}

dataset_keys := (object.keys(vocabularies) | amounts) | structures

structures := {"source", "agreement", "parents", "public_terms", "step", "deidentification", "audience"}

dataset_field(key, dataset) if dataset[key] in vocabularies[key]

dataset_field(key, dataset) if {
	key in amounts
	amount(dataset[key])
}

dataset_field(key, dataset) if {
	key in {"source", "agreement"}
	word(dataset[key])
}

dataset_field(key, dataset) if {
	key in {"parents", "public_terms"}
	words(dataset[key])
}

dataset_field(key, dataset) if {
	key in {"step", "deidentification"}
	record(dataset[key])
}

dataset_field("audience", dataset) if audience(dataset.audience)

malformed_stores[id] contains "store.capacity" if {
	some id, store in input.stores
	not known_capacity(store)
}

malformed_stores[id] contains "store.data_use_agreement" if {
	some id, store in input.stores
	not known_agreement(store)
}

malformed_systems[id] contains sprintf("system.%s", [key]) if {
	some id, system in input.systems
	some key in {"max_bytes", "min_bytes", "max_total_bytes", "max_files", "max_file_bytes"}
	not known_limit(system, key)
}

malformed_teams contains id if {
	some id, team in input.teams
	not known_members(team)
}

lab_malformed if not known_tags(input)

# Each of these takes the whole object: `not f(object.key)` is undefined, not true, where the key is missing.
known_tags(facts) if words(facts.lab.required_tags)

known_capacity(store) if limit(store.capacity)

known_agreement(store) if is_boolean(store.data_use_agreement)

known_limit(system, key) if limit(system[key])

known_members(team) if words(team.members)

amount(value) if {
	is_number(value)
	value >= 0
}

limit(value) if amount(value)

limit("none")

word(value) if {
	is_string(value)
	not value in {"", "unknown"}
}

words(value) if {
	is_array(value)
	every item in value { word(item) }
}

# What a store lacks may be said to be unknown, entry by entry.
texts(value) if {
	is_array(value)
	every item in value { is_string(item) }
}

readers(value) if {
	is_array(value)
	every reader in value { one_reader(reader) }
}

one_reader(reader) if {
	is_string(reader.principal)
	reader.principal != ""
	words(reader.actions)
	texts(reader.path)
}

record(value) if {
	is_boolean(value.recorded)
	words(value.missing)
}

audience(value) if every role in roles { words(value[role]) }
