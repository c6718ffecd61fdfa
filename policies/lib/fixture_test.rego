# METADATA
# scope: package
# title: A small lab that breaks no rule
package slidebox.lib.fixture_test

raw := "nf1/raw_images"

masks := "nf1/segmentation_masks"

at_bench := "nf1/raw_images@mid@bench"

at_shelf := "nf1/raw_images@mid@shelf"

masks_at_bench := "nf1/segmentation_masks@mid@bench"

dataset := {
	"project": "nf1",
	"level": "raw_images",
	"origin": "lab",
	"sensitivity": "open",
	"activity": "resting",
	"term": "mid",
	"bytes": 2000000000,
	"files": 10,
	"largest_file_bytes": 500000000,
	"licence": "CC0-1.0",
	"duo": [],
	"parents": [],
	"keep": "copy",
	"source": "none",
	"patient_derived": true,
	"agreement": "none",
	"retention_days": "none",
	"step": {"recorded": false, "missing": ["repository", "commit", "date"]},
	"deidentification": {"recorded": false, "missing": ["method", "by", "date", "evidence"]},
	"audience": {"contributor": ["team:imaging"], "reader": ["person:carol"], "steward": ["person:alice"]},
	"public_terms": [],
}

derived := object.union(dataset, {
	"level": "segmentation_masks",
	"parents": [raw],
	"step": {"recorded": true, "missing": []},
})

location := {
	"dataset": raw,
	"term": "mid",
	"store": "bench",
	"system": "internal_drive",
	"storage_class": "standard",
	"failure_domain": "bench",
	"readers": [{
		"principal": "team:imaging",
		"actions": ["read", "write"],
		"path": ["user imaging", "policy imaging"],
	}],
	"tags": {"lab": "way-lab", "owner": "alice"},
	"needs": ["versioning"],
	"lacks": [],
}

limits := {
	"max_bytes": "none",
	"min_bytes": "none",
	"max_total_bytes": "none",
	"max_files": "none",
	"max_file_bytes": "none",
}

store := {"system": "internal_drive", "kind": "drive", "capacity": 18000000000000, "data_use_agreement": false}

facts := {
	"gate": "plan",
	"now": "2026-11-24",
	"lab": {"name": "way-lab", "required_tags": ["lab", "owner"]},
	"people": {"alice": {"organisation": "lab", "left": "never"}},
	"teams": {"imaging": {"members": ["alice", "bob"]}, "nobody": {"members": []}},
	"agreements": {},
	"stores": {"bench": store, "shelf": store, "dropbox": object.union(store, {"system": "dropbox"})},
	"systems": {"internal_drive": limits, "external_drive": limits, "dropbox": limits, "deletion": limits},
	"datasets": {raw: dataset, masks: derived},
	"locations": {
		at_bench: location,
		at_shelf: object.union(location, {"store": "shelf", "system": "external_drive", "failure_domain": "shelf"}),
		masks_at_bench: object.union(location, {"dataset": masks, "needs": []}),
	},
	"waivers": {},
}

# METADATA
# title: The facts with one dataset changed
with_dataset(id, change) := changed(facts, ["datasets", id], change)

# METADATA
# title: The facts with one location changed
with_location(id, change) := changed(facts, ["locations", id], change)

# METADATA
# title: Facts with an object somewhere in them changed
changed(document, path, change) := json.patch(document, [{
	"op": "replace",
	"path": path,
	"value": object.union(object.get(document, path, {}), change),
}])

# METADATA
# title: Every way in which a field can be missing from all objects of its kind, as whole documents
# description: Absent, of another type, and unknown; `field` is written as in a rule's METADATA, `dataset.bytes`.
broken(document, field) := {spoilt |
	[prefix, key] := split(field, ".")
	top := tops[prefix]
	some operation in [{"op": "remove"}, {"op": "replace", "value": 7.5}, {"op": "replace", "value": "unknown"}]
	not known(field, operation)
	spoilt := json.patch(document, [object.union(operation, {"path": path}) |
		some path in paths(document, top, key)
	])
}

paths(document, "lab", key) := [["lab", key]] if document.lab

paths(document, top, key) := [[top, id, key] |
	some id, entry in document[top]
	object.get(entry, key, null) != null
] if {
	top != "lab"
}

# A number is a good amount and a good limit.
known(field, operation) if {
	operation.value == 7.5
	some ending in ["bytes", "files", "capacity"]
	endswith(field, ending)
}

tops := {
	"dataset": "datasets",
	"lab": "lab",
	"location": "locations",
	"store": "stores",
	"system": "systems",
	"team": "teams",
}

# METADATA
# title: Every field any rule reads
fields := union({of_datasets, of_locations, of_systems, of_others})

of_datasets := {sprintf("dataset.%s", [key]) | some key, _ in dataset; key in judged}

of_locations := {sprintf("location.%s", [key]) | some key, _ in location; key != "storage_class"}

of_systems := {sprintf("system.%s", [key]) | some key, _ in limits}

of_others := {"store.capacity", "store.data_use_agreement", "team.members", "lab.required_tags"}

judged := {
	"level",
	"origin",
	"sensitivity",
	"activity",
	"bytes",
	"files",
	"largest_file_bytes",
	"parents",
	"keep",
	"source",
	"agreement",
	"step",
	"deidentification",
	"audience",
	"public_terms",
}
