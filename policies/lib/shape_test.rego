package slidebox.lib.shape_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.shape

under_agreement := fixture.with_dataset(fixture.raw, {"agreement": "saguaro"})

# What is malformed once a field has another value.
datasets(document) := found if {
	found := shape.malformed_datasets with input as document
}

locations(document) := found if {
	found := shape.malformed_locations with input as document
}

test_a_good_lab_has_no_fault if {
	datasets(fixture.facts) == {}
	locations(fixture.facts) == {}
	shape.faults == {} with input as fixture.facts
	shape.malformed_tops == set() with input as fixture.facts
	shape.lab_faults == set() with input as fixture.facts
}

test_each_kind_of_value if {
	every kind, values in {
		"flag": [true, false],
		"amount": [0, 7.5],
		"limit": [0, "none"],
		"word": ["none", "bench"],
		"words": [[], ["a"]],
		"texts": [[], [""], ["unknown"]],
		"object": [{}, {"a": 1}],
		"day": ["2026-11-24", "none", "never"],
		"date": ["2026-11-24"],
		"level": [
			"raw_images",
			"corrected_images",
			"segmentation_masks",
			"single_cell_images",
			"single_cell_embeddings",
			"bulk_embeddings",
			"metadata",
			"pipelines",
		],
		"origin": ["lab", "academic", "industry", "public"],
		"sensitivity": ["identifiable", "coded", "confidential", "open"],
		"activity": ["active", "resting", "finished"],
		"keep": ["copy", "stream", "scratch"],
		"term": ["short", "mid", "long"],
	} {
		every value in values { shape.is(kind, value) }
	}
}

test_each_kind_of_nonsense if {
	every kind, values in {
		"flag": ["true", 1, null, "unknown"],
		"amount": [-1, "none", "7", null],
		"limit": [-1, "unknown", true],
		"word": ["", "unknown", 7, ["a"]],
		"words": ["a", {}, [""], ["unknown"], [7]],
		"texts": ["a", {}, [7]],
		"object": [[], "a"],
		"day": ["today", "2026-11-24T00:00:00Z", "26-11-24", "2026-13-01", "2026-10-32", "2026-00-10", 20261124, "unknown"],
		"date": ["none", "never", "unknown", 20261124],
		"level": ["images", "unknown"],
		"origin": ["unknown"],
		"sensitivity": ["unknown", "secret"],
		"activity": ["idle"],
		"keep": ["unknown", true],
		"term": ["soon"],
		"no_such_kind": ["a"],
	} {
		every value in values { not shape.is(kind, value) }
	}
}

test_a_record_says_whether_it_is_there_and_what_is_missing if {
	good := {"recorded": true, "missing": [], "date": "none", "method": "none", "identifiers": [], "passed": false, "monthly_usd": 1}
	every kind in ["step", "deidentification", "scan", "budget"] {
		shape.is(kind, good)
		not shape.is(kind, object.union(good, {"recorded": "yes"}))
		not shape.is(kind, object.union(good, {"missing": "date"}))
	}
	every kind in ["step", "deidentification", "scan"] {
		not shape.is(kind, object.union(good, {"date": "unknown"}))
	}
	not shape.is("deidentification", object.union(good, {"method": "unknown"}))
	not shape.is("deidentification", object.union(good, {"identifiers": "all"}))
	not shape.is("scan", object.union(good, {"passed": "unknown"}))
	not shape.is("budget", object.union(good, {"monthly_usd": "none"}))
}

test_an_audience_names_every_role if {
	every role in shape.roles {
		not shape.is("audience", object.remove(fixture.dataset.audience, [role]))
		every principals in ["anyone", ["Anyone"], ["anyone "], ["unknown"], ["person:"], [["anyone"]], [7], ["account:x"]] {
			not shape.is("audience", object.union(fixture.dataset.audience, {role: principals}))
		}
		every principal in ["anyone", "any_account", "person:a", "team:a", "service:a"] {
			shape.is("audience", object.union(fixture.dataset.audience, {role: [principal]}))
		}
	}
}

test_a_reader_says_who_what_and_how if {
	reader := fixture.location.readers[0]
	shape.is("readers", [reader])
	every principal in ["anyone", "any_account", "unknown", "account:x", "service:a"] {
		shape.is("readers", [object.union(reader, {"principal": principal, "actions": ["delete"]})])
	}
	every change in [
		{"principal": ""},
		{"principal": 7},
		{"principal": "Anyone"},
		{"principal": "everybody"},
		{"actions": "read"},
		{"actions": ["Read"]},
		{"path": "x"},
	] {
		not shape.is("readers", [object.union(reader, change)])
	}
	not shape.is("readers", "nobody")
}

test_a_wildcard_says_where_and_of_what if {
	wildcard := {"where": "policy", "what": "principal", "value": "*"}
	shape.is("wildcards", [wildcard, object.union(wildcard, {"what": "action"})])
	every change in [{"what": "resource"}, {"where": 7}, {"value": null}] {
		not shape.is("wildcards", [object.union(wildcard, change)])
	}
	not shape.is("wildcards", {})
}

test_that_a_capability_is_not_known_has_to_be_said if {
	every capability in shape.capabilities {
		shape.is("capabilities", object.union(fixture.everything, {capability: "unknown"}))
		not shape.is("capabilities", object.remove(fixture.everything, [capability]))
		not shape.is("capabilities", object.union(fixture.everything, {capability: "yes"}))
	}
}

test_a_lifecycle_says_each_of_its_days if {
	moving := {"transitions": [{"days": 30, "storage_class": "archive"}]}
	shape.is("lifecycle", object.union(fixture.lifecycle, moving))
	every key in ["abort_days", "noncurrent_days", "expire_days"] {
		every days in [0, "none", "unknown"] {
			shape.is("lifecycle", object.union(fixture.lifecycle, {key: days}))
		}
		not shape.is("lifecycle", object.remove(fixture.lifecycle, [key]))
		not shape.is("lifecycle", object.union(fixture.lifecycle, {key: "soon"}))
	}
	every change in [
		{"offered": "yes"},
		{"transitions": "none"},
		{"transitions": [{"days": "none", "storage_class": "archive"}]},
		{"transitions": [{"days": 30, "storage_class": "unknown"}]},
	] {
		not shape.is("lifecycle", object.union(fixture.lifecycle, change))
	}
}

test_a_class_has_all_its_prices if {
	shape.is("classes", {})
	shape.is("classes", fixture.classes)
	every key, _ in fixture.classes.archive {
		not shape.is("classes", {"archive": object.remove(fixture.classes.archive, [key])})
		not shape.is("classes", {"archive": object.union(fixture.classes.archive, {key: "unknown"})})
	}
	not shape.is("classes", [])
}

test_a_class_that_moves_objects_by_itself_has_its_tiers if {
	watched := fixture.classes.watched
	every key, _ in watched.tiered {
		tiered := object.remove(watched.tiered, [key])
		not shape.is("classes", {"watched": json.patch(watched, [{"op": "replace", "path": "/tiered", "value": tiered}])})
		said := object.union(watched.tiered, {key: "unknown"})
		not shape.is("classes", {"watched": json.patch(watched, [{"op": "replace", "path": "/tiered", "value": said}])})
	}
	every key, _ in watched.tiered.falls[0] {
		path := sprintf("/tiered/falls/1/%s", [key])
		not shape.is("classes", {"watched": json.patch(watched, [{"op": "remove", "path": path}])})
		not shape.is("classes", {"watched": json.patch(watched, [{"op": "replace", "path": path, "value": "some"}])})
	}
	not shape.is("classes", {"watched": object.union(watched, {"tiered": "yes"})})
}

test_a_map_that_is_missing_is_named if {
	shape.malformed_tops == {
		"agreements", "datasets", "lab", "locations", "people", "projects", "services", "stores", "systems", "teams",
		"waivers", "facts.now", "facts.gate",
	} with input as {}
	shape.malformed_tops == {"teams"} with input as object.union(fixture.facts, {"teams": []})
	shape.malformed_tops == {"facts.now"} with input as object.union(fixture.facts, {"now": "today"})
	shape.malformed_tops == {"facts.gate"} with input as object.union(fixture.facts, {"gate": "unknown"})
}

test_a_fault_is_found_where_it_is if {
	document := fixture.with_dataset(fixture.raw, {"bytes": "many", "level": "unknown"})
	datasets(document) == {fixture.raw: {"dataset.bytes", "dataset.level"}}
	locations(document) == {
		fixture.at_bench: {"dataset.bytes", "dataset.level"},
		fixture.at_shelf: {"dataset.bytes", "dataset.level"},
	}
}

test_a_fault_of_a_person_a_team_a_service_or_the_lab_concerns_everything if {
	every change, field in {
		"person.left": [["people", "bob"], {"left": "unknown"}],
		"team.members": [["teams", "nobody"], {"members": "unknown"}],
		"service.owner": [["services", "backup"], {"owner": "unknown"}],
		"lab.region": [["lab"], {"region": "unknown"}],
	} {
		[path, value] := field
		document := fixture.changed(fixture.facts, path, value)
		{found | some found in datasets(document)} == {{change}}
		object.keys(datasets(document)) == object.keys(fixture.facts.datasets)
		object.keys(locations(document)) == object.keys(fixture.facts.locations)
	}
}

test_a_fault_of_a_project_concerns_its_datasets if {
	document := fixture.changed(fixture.facts, ["projects", "nf1"], {"owner": "unknown"})
	{found | some found in datasets(document)} == {{"project.owner"}}
	other := fixture.changed(document, ["datasets", fixture.raw], {"project": "none"})
	"project.owner" in datasets(other)[fixture.masks]
}

test_a_fault_of_an_agreement_concerns_what_is_under_it if {
	document := fixture.changed(under_agreement, ["agreements", "saguaro"], {"ends": "unknown"})
	datasets(document) == {fixture.raw: {"agreement.ends"}}
}

test_what_is_named_and_not_there_is_not_known_at_all if {
	lost_agreement := fixture.with_dataset(fixture.raw, {"agreement": "lost"})
	datasets(lost_agreement) == {fixture.raw: {field |
		some key, _ in shape.fields.agreements
		field := sprintf("agreement.%s", [key])
	}}
	lost_project := fixture.with_dataset(fixture.raw, {"project": "lost"})
	datasets(lost_project) == {fixture.raw: {field |
		some key, _ in shape.fields.projects
		field := sprintf("project.%s", [key])
	}}
}

test_whom_an_audience_names_is_there if {
	every top, prefix in {"people": "person", "teams": "team", "services": "service"} {
		ghost := {"audience": {"contributor": [], "reader": [sprintf("%s:ghost", [prefix])], "steward": []}}
		datasets(fixture.with_dataset(fixture.raw, ghost)) == {fixture.raw: {field |
			some key, _ in shape.fields[top]
			field := sprintf("%s.%s", [shape.singular[top], key])
		}}
	}
}

test_a_location_names_what_is_there if {
	every key in ["dataset", "store", "system"] {
		found := locations(fixture.with_location(fixture.at_bench, {key: "lost"}))
		found[fixture.at_bench] == {sprintf("location.%s", [key])}
		absent := json.patch(fixture.facts, [{"op": "remove", "path": ["locations", fixture.at_bench, key]}])
		locations(absent)[fixture.at_bench] == {sprintf("location.%s", [key])}
	}
}

test_a_fault_of_a_store_or_system_concerns_what_lies_there if {
	store := fixture.changed(fixture.facts, ["stores", "shelf"], {"site": "unknown"})
	locations(store) == {fixture.at_shelf: {"store.site"}}
	system := fixture.changed(fixture.facts, ["systems", "external_drive"], {"shared": "unknown"})
	locations(system) == {fixture.at_shelf: {"system.shared"}}
}

# What the other fields of a thing refer to, or what only names it.
references := {
	"locations": {"dataset", "store", "system"},
	"stores": {"group", "has", "over", "system"},
	"lab": {"name"},
}

test_every_field_of_a_good_lab_has_a_shape if {
	every top in object.keys(shape.singular) - {"lab"} {
		some thing in fixture.facts[top]
		shaped := object.keys(shape.fields[top])
		object.keys(thing) - object.get(references, top, set()) == shaped
	}
	object.keys(fixture.facts.lab) - references.lab == object.keys(shape.fields.lab)
}

test_the_words_that_rules_share if {
	shape.roles == {"contributor", "reader", "steward"}
	shape.gates == {"plan", "preview", "live", "publish"}
	shape.capabilities == {
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
}

test_what_a_place_has_and_what_happens_there_may_be_unknown_but_not_missing if {
	has := {capability: true | some capability in shape.capabilities}
	every answer in [true, false, "unknown"] {
		shape.is("capabilities", object.union(has, {"versioning": answer}))
		lifecycle := {"offered": answer, "abort_days": 7, "noncurrent_days": "none", "expire_days": "unknown"}
		shape.is("lifecycle", object.union(lifecycle, {"transitions": []}))
		not shape.is("lifecycle", object.union(lifecycle, {"transitions": {}}))
	}
	not shape.is("capabilities", object.remove(has, ["lifecycle"]))
}

test_people_are_listed if {
	nobody := {"contributor": [], "reader": [], "steward": []}
	shape.is("audience", nobody)
	every role, _ in nobody { not shape.is("audience", object.union(nobody, {role: {}})) }
	shape.is("readers", [{"principal": "anyone", "actions": [], "path": []}])
	not shape.is("readers", {})
	not shape.is("readers", [{"principal": "anyone", "actions": {}, "path": []}])
	not shape.is("wildcards", {})
}

test_an_unknown_field_of_a_location_is_the_locations if {
	some id, location in fixture.facts.locations
	document := fixture.added(fixture.facts, ["locations", id], object.union(location, {"starts": "unknown"}))
	locations(document) == {id: {"location.starts"}}
}
