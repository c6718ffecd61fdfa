package slidebox.placement.store_limits_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.placement.store_limits as rule

passes := fixture.facts

limited(change) := fixture.changed(fixture.facts, ["systems", "internal_drive"], change)

refused := limited({"max_bytes": 1000000000})

said(document) := {finding.message |
	some finding in rule.location_findings with input as document
	finding.subject == fixture.at_bench
}

test_names_both_amounts if {
	{finding | some finding in rule.location_findings; finding.subject == fixture.at_bench} == {{
		"rule": "placement/store_limits",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "2 GB are more than a dataset in internal_drive may have: 1 GB",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_keeps_every_limit if {
	said(limited({"max_total_bytes": 1999999999})) == {"2 GB are more than all of internal_drive holds: 2 GB"}
	said(limited({"max_files": 9})) == {"10 files are more than a dataset in internal_drive may have: 9 files"}
	said(limited({"max_file_bytes": 1200})) == {"a file of 500 MB is larger than internal_drive takes: 1.2 kB"}
	said(limited({"min_bytes": 2000000000000})) == {"2 GB are fewer than the 2 TB that internal_drive takes at least"}
	said(limited({"max_bytes": 12})) == {"2 GB are more than a dataset in internal_drive may have: 12 B"}
	said(fixture.changed(fixture.facts, ["stores", "bench"], {"capacity": 1500000000})) == {concat("", [
		"2 GB do not fit into bench, ",
		"which holds 1.5 GB",
	])}
}

test_a_limit_may_be_reached if {
	said(limited({
		"max_bytes": 2000000000,
		"min_bytes": 2000000000,
		"max_total_bytes": 2000000000,
		"max_files": 10,
		"max_file_bytes": 500000000,
	})) == set()
	said(fixture.changed(fixture.facts, ["stores", "bench"], {"capacity": 2000000000})) == set()
	said(fixture.changed(fixture.facts, ["stores", "bench"], {"capacity": "none"})) == set()
}

# METADATA
# title: Files that slidebox bundles are not counted, their bytes are
test_bundled_files_are_not_counted if {
	document := fixture.changed(limited({"max_files": 1}), ["stores", "bench"], {"kind": "zenodo"})
	said(document) == set()
	heavy := fixture.changed(limited({"max_bytes": 12}), ["stores", "bench"], {"kind": "zenodo"})
	count(said(heavy)) == 1
}

test_a_system_that_takes_any_amount_has_no_limits if rule.limits_of == {} with input as fixture.facts

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
