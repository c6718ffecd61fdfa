# METADATA
# scope: package
# title: A small lab that breaks no rule
package slidebox.lib.fixture_test

import data.slidebox.lib.shape

raw := "nf1/raw_images"

masks := "nf1/segmentation_masks"

notes := "nf1/metadata"

at_bench := "nf1/raw_images@mid@bench"

at_shelf := "nf1/raw_images@mid@shelf"

masks_at_bench := "nf1/segmentation_masks@mid@bench"

notes_at_bench := "nf1/metadata@mid@bench"

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
	"keep": "copy",
	"licence": "CC0-1.0",
	"duo": [],
	"parents": [],
	"replaces": "none",
	"source": "none",
	"patient_derived": true,
	"agreement": "none",
	"regions": [],
	"created": "2026-03-01",
	"embargo": "none",
	"expires": "none",
	"scratch_days": "none",
	"retention_days": "none",
	"hold": "none",
	"step": {"recorded": false, "missing": ["repository", "commit", "date"], "date": "none"},
	"deidentification": {
		"recorded": false,
		"missing": ["method", "by", "date", "evidence"],
		"method": "none",
		"identifiers": [],
		"date": "none",
	},
	"scan": {"recorded": true, "missing": [], "passed": true, "date": "2026-06-01"},
	"audience": {"contributor": ["team:imaging"], "reader": ["person:carol"], "steward": ["person:alice"]},
	"public_terms": [],
}

derived := object.union(dataset, {
	"level": "segmentation_masks",
	"parents": [raw],
	"created": "2026-05-01",
	"step": {"recorded": true, "missing": [], "date": "2026-05-01"},
})

location := {
	"dataset": raw,
	"term": "mid",
	"starts": "2026-11-24",
	"store": "bench",
	"system": "internal_drive",
	"storage_class": "standard",
	"failure_domain": "bench",
	"readers": [{
		"principal": "team:imaging",
		"actions": ["read", "write"],
		"path": ["user imaging", "policy imaging"],
	}],
	"keys": [],
	"wildcards": [],
	"tags": {"lab": "way-lab", "owner": "alice"},
	"has": everything,
	"lifecycle": lifecycle,
}

everything := {capability: true | some capability in shape.capabilities}

lifecycle := {
	"offered": true,
	"abort_days": 7,
	"noncurrent_days": 90,
	"expire_days": "none",
	"transitions": [],
}

limits := {
	"access": "private",
	"speed": "instant",
	"versioned": true,
	"shared": true,
	"licence": "none",
	"max_bytes": "none",
	"min_bytes": "none",
	"max_total_bytes": "none",
	"max_files": "none",
	"max_file_bytes": "none",
	"classes": {},
}

classes := {
	"watched": {
		"usd_per_tb_month": 23,
		"min_days": 0,
		"min_object_bytes": 0,
		"overhead_bytes": 0,
		"transition_usd_per_1000": 0.01,
		"tiered": {
			"watching_usd_per_1000": 0.0025,
			"unread": 0.1,
			"falls": [
				{"after_days": 30, "usd_per_tb_month": 12.5},
				{"after_days": 90, "usd_per_tb_month": 3.6},
			],
		},
	},
	"infrequent": {
		"usd_per_tb_month": 12.5,
		"min_days": 30,
		"min_object_bytes": 131072,
		"overhead_bytes": 0,
		"transition_usd_per_1000": 0.01,
		"tiered": "none",
	},
	"archive": {
		"usd_per_tb_month": 3.6,
		"min_days": 90,
		"min_object_bytes": 0,
		"overhead_bytes": 40960,
		"transition_usd_per_1000": 0.03,
		"tiered": "none",
	},
	"standard": {
		"usd_per_tb_month": 23,
		"min_days": 0,
		"min_object_bytes": 0,
		"overhead_bytes": 0,
		"transition_usd_per_1000": 0,
		"tiered": "none",
	},
}

store := {
	"system": "internal_drive",
	"kind": "drive",
	"failure_domain": "bench",
	"site": "lab",
	"capacity": 18000000000000,
	"region": "us-east-1",
	"group": "none",
	"over": "none",
	"data_use_agreement": false,
	"roles": false,
	"life_ends": "none",
	"has": everything,
}

stores := {
	"bench": store,
	"shelf": object.union(store, {"system": "external_drive", "failure_domain": "shelf"}),
	"campus": object.union(store, {"system": "local_cluster", "failure_domain": "campus", "site": "campus"}),
	"dropbox": object.union(store, {"system": "dropbox", "failure_domain": "dropbox", "site": "dropbox"}),
	"cloud": object.union(store, {
		"system": "cloud",
		"kind": "s3",
		"failure_domain": "cloud",
		"site": "cloud:us-east-1",
		"roles": true,
	}),
	"zenodo": object.union(store, {"system": "zenodo", "kind": "by_hand", "site": "zenodo"}),
}

systems := {
	"internal_drive": limits,
	"external_drive": object.union(limits, {"shared": false}),
	"local_cluster": limits,
	"dropbox": limits,
	"cloud": object.union(limits, {"access": "both", "classes": classes}),
	"zenodo": object.union(limits, {"access": "both", "speed": "download"}),
	"idr": object.union(limits, {"access": "public", "speed": "download", "licence": "CC0-1.0"}),
	"deletion": limits,
}

project := {
	"owner": "alice",
	"uses": ["research"],
	"levels": ["raw_images", "segmentation_masks", "metadata"],
	"grant": "none",
	"grant_ends": "none",
	"budget": {"recorded": true, "missing": [], "monthly_usd": 50},
}

facts := {
	"gate": "plan",
	"now": "2026-11-24",
	"lab": {"name": "way-lab", "required_tags": ["lab", "owner"], "retention_days": "none", "region": "us"},
	"people": {
		"alice": {"organisation": "lab", "left": "never", "until": "none"},
		"bob": {"organisation": "lab", "left": "never", "until": "none"},
		"carol": {"organisation": "lab", "left": "never", "until": "none"},
		"gone": {"organisation": "lab", "left": "2026-01-31", "until": "none"},
		"visitor": {"organisation": "Saguaro", "left": "never", "until": "none"},
	},
	"teams": {"imaging": {"members": ["alice", "bob"]}, "nobody": {"members": []}},
	"services": {"backup": {"owner": "alice", "until": "none"}},
	"agreements": {"saguaro": {
		"party": "Saguaro",
		"kind": "collaboration",
		"allows": ["research", "publication"],
		"ends": "2027-12-31",
		"retention_days": "none",
		"regions": [],
	}},
	"projects": {"nf1": project},
	"stores": stores,
	"systems": systems,
	"datasets": {
		raw: dataset,
		masks: derived,
		notes: object.union(dataset, {"level": "metadata", "bytes": 1000000, "largest_file_bytes": 100000}),
	},
	"locations": {
		at_bench: location,
		at_shelf: object.union(location, {"store": "shelf", "system": "external_drive", "failure_domain": "shelf"}),
		masks_at_bench: object.union(location, {"dataset": masks}),
		notes_at_bench: object.union(location, {"dataset": notes}),
	},
	"waivers": {},
}

# METADATA
# title: A waiver that would hold
waiver := {
	"project": "nf1",
	"rule": "keeping/raw_copies",
	"location": "raw_images",
	"reason": "the second drive is on order",
	"by": "alice",
	"until": "2027-01-31",
}

# METADATA
# title: The facts with one dataset changed
with_dataset(id, change) := changed(facts, ["datasets", id], change)

# METADATA
# title: The facts with another dataset, which lies nowhere yet
with_unplaced(change) := added(facts, ["datasets", "nf1/new"], object.union(dataset, change))

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
# title: Facts with something added somewhere in them
added(document, path, value) := json.patch(document, [{"op": "add", "path": path, "value": value}])

# METADATA
# title: Every way in which a field can be missing from all objects of its kind, as whole documents
# description: >-
#   Absent, of another type, and unknown; `field` is written as in a rule's METADATA, `dataset.bytes`. Without one
#   of the maps below the document is incomplete for every field of it.
broken(document, field) := {spoilt |
	[prefix, key] := split(field, ".")
	top := tops[prefix]
	some operation in [{"op": "remove"}, {"op": "replace", "value": 7.5}, {"op": "replace", "value": "unknown"}]
	not known(top, key, operation)
	patches := [object.union(operation, {"path": path}) | some path in paths(document, top, key)]
	count(patches) > 0
	spoilt := json.patch(document, patches)
}

paths(document, "facts", key) := [[key]] if document[key]

paths(document, "lab", key) := [["lab", key]] if document.lab

paths(document, top, key) := [[top, id, key] |
	some id, entry in document[top]
	object.get(entry, key, null) != null
] if {
	not top in {"lab", "facts"}
}

# A number is a good amount and a good limit; that it is not known may be said of what may be unknown.
known(top, key, operation) if shape.is(shape.fields[top][key], operation.value)

tops := object.union({"facts": "facts"}, {prefix: top | some top, prefix in shape.singular})

# METADATA
# title: Every field any rule can read
fields := union({
	{sprintf("%s.%s", [shape.singular[top], key]) | some top, keys in shape.fields; some key, _ in keys},
	{sprintf("location.%s", [key]) | some key in ["dataset", "store", "system"]},
	{"facts.now", "facts.gate"},
})
