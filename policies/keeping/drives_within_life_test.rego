package slidebox.keeping.drives_within_life_test

import data.slidebox.keeping.drives_within_life as rule
import data.slidebox.lib.fixture_test as fixture

passes := serving("2026-11-24")

serving(ends) := fixture.changed(fixture.facts, ["stores", "shelf"], {"life_ends": ends})

refused := serving("2026-11-23")

subjects(document) := {finding.subject | some finding in rule.location_findings with input as document}

test_names_the_drive_and_the_day if {
	rule.location_findings == {{
		"rule": "keeping/drives_within_life",
		"severity": "warning",
		"subject": fixture.at_shelf,
		"message": "shelf was expected to serve until 2026-11-23, and the data are there from 2026-11-24 on",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_its_last_day_is_within_its_life if subjects(passes) == set()

test_a_later_term_counts_from_its_beginning if {
	document := fixture.changed(passes, ["locations", fixture.at_shelf], {"starts": "2028-01-01"})
	subjects(document) == {fixture.at_shelf}
}

test_a_store_of_which_nothing_is_expected_is_never_too_old if subjects(serving("none")) == set()

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
