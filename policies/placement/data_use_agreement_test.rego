package slidebox.placement.data_use_agreement_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.placement.data_use_agreement as rule

passes := fixture.facts

coded := fixture.with_dataset(fixture.raw, {"sensitivity": "coded"})

dropbox := {"store": "dropbox", "system": "dropbox"}

in_dropbox(document) := fixture.changed(document, ["locations", fixture.at_bench], dropbox)

refused := in_dropbox(coded)

test_names_the_store_and_the_cause if {
	rule.location_findings == {{
		"rule": "placement/data_use_agreement",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "dropbox has no data-use agreement and takes no coded data; it is declared coded",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_identifiable_and_unknown_data_are_refused_too if {
	every change in [{"sensitivity": "identifiable"}, {"parents": ["other/raw_images"]}] {
		said := rule.location_findings with input as in_dropbox(fixture.with_dataset(fixture.raw, change))
		count(said) == 1
	}
}

test_allows_open_and_confidential_data if {
	every sensitivity in ["open", "confidential"] {
		document := in_dropbox(fixture.with_dataset(fixture.raw, {"sensitivity": sensitivity}))
		rule.location_findings == set() with input as document
	}
}

test_allows_the_labs_own_stores if rule.location_findings == set() with input as coded

test_an_agreement_allows_it if {
	document := fixture.changed(refused, ["stores", "dropbox"], {"data_use_agreement": true})
	rule.location_findings == set() with input as document
}

test_a_determination_allows_coded_data_but_not_identifiable_ones if {
	determination := {"deidentification": {"recorded": true, "missing": [], "method": "expert_determination"}}
	document := fixture.changed(refused, ["datasets", fixture.raw], determination)
	rule.location_findings == set() with input as document

	graver := fixture.changed(document, ["datasets", fixture.raw], {"sensitivity": "identifiable"})
	said := rule.location_findings with input as graver
	count(said) == 1
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == false
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
