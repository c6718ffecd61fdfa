package slidebox.cost.class_fits_use_test

import data.slidebox.cost.class_fits_use as rule
import data.slidebox.lib.fixture_test as fixture

in_class(name, change) := fixture.changed(
	fixture.with_dataset(fixture.raw, change),
	["locations", fixture.at_bench],
	{"store": "cloud", "system": "cloud", "storage_class": name},
)

passes := in_class("infrequent", {})

at(document, change) := fixture.changed(document, ["locations", fixture.at_bench], change)

lifecycle(document, change) := fixture.changed(document, ["locations", fixture.at_bench, "lifecycle"], change)

refused := at(passes, {"term": "short"})

said(document) := {[finding.severity, finding.message] | some finding in rule.location_findings with input as document}

test_no_class_with_a_minimum_for_data_that_are_worked_on if {
	rule.location_findings == {{
		"rule": "cost/class_fits_use",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "infrequent takes data for 30 days at least, and these are worked on",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_class_without_a_minimum_is_for_data_that_are_worked_on if {
	least := ["systems", "cloud", "classes", "infrequent"]
	said(fixture.changed(refused, least, {"min_days": 0})) == set()
	said(fixture.changed(refused, least, {"min_days": 1})) == {[
		"error",
		"infrequent takes data for 1 days at least, and these are worked on",
	]}
}

test_active_data_are_worked_on_in_every_place_they_have_now if {
	active := in_class("infrequent", {"activity": "active"})
	count(said(active)) == 1
	said(at(active, {"starts": "2027-11-24"})) == set()
	said(at(active, {"storage_class": "standard"})) == set()
}

test_objects_are_no_smaller_than_the_class_bills if {
	said(in_class("infrequent", {"bytes": 1310720, "files": 10})) == set()
	said(in_class("infrequent", {"bytes": 1310719, "files": 10})) == {[
		"error",
		"infrequent bills 131072 bytes for every object at least, and these have 131072 on average",
	]}
	said(in_class("infrequent", {"bytes": 1000, "files": 10})) == {[
		"error",
		"infrequent bills 131072 bytes for every object at least, and these have 100 on average",
	]}
	said(in_class("infrequent", {"bytes": 0, "files": 0})) == set()
}

test_the_overhead_of_an_archive_is_counted if {
	# A million objects of 4 kB: 4 GB of data and 41 GB of overhead.
	small := in_class("archive", {"bytes": 4000000000, "files": 1000000})
	said(small) == {["error", "archive costs 0.16 USD a month for these, and the standard class 0.09 USD"]}
	said(in_class("archive", {"bytes": 50000000000, "files": 1000000})) == set()
}

test_data_stay_as_long_as_the_class_asks if {
	said(lifecycle(passes, {"expire_days": 29})) == {[
		"error",
		"infrequent takes data for 30 days at least, and these expire after 29 days",
	]}
	said(lifecycle(passes, {"expire_days": 30})) == set()
	said(in_class("archive", {"keep": "scratch", "scratch_days": 60})) == {[
		"error",
		"archive takes data for 90 days at least, and these are scratch and go after 60 days",
	]}
	said(lifecycle(passes, {"transitions": [{"days": 10, "storage_class": "archive"}]})) == {[
		"error",
		"infrequent takes data for 30 days at least, and these move on after 10 days",
	]}
}

test_a_class_of_which_nothing_is_known_is_named if {
	message := "nothing is known about the class lukewarm of cloud: what it costs cannot be said"
	said(in_class("lukewarm", {})) == {["warning", message]}
	without_standard := json.patch(passes, [{"op": "remove", "path": "/systems/cloud/classes/standard"}])
	said(without_standard) == {[
		"warning",
		"nothing is known about the class standard of cloud: what it costs cannot be said",
	]}
}

test_a_class_that_moves_objects_by_itself_fits_what_is_worked_on if {
	rule.location_findings == set() with input as fixture.changed(
		refused,
		["locations", fixture.at_bench],
		{"storage_class": "watched"},
	)
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.location_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.location_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.location_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.location_findings with input as {}
	count(said) > 0
}
