package slidebox.protection.encrypted_in_transit_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.protection.encrypted_in_transit as rule

passes := fixture.with_dataset(fixture.raw, {"sensitivity": "coded"})

having(sensitivity, has) := fixture.changed(
	fixture.with_dataset(fixture.raw, {"sensitivity": sensitivity}),
	["locations", fixture.at_bench, "has"],
	{"encrypted_transport": has},
)

refused := having("confidential", false)

severities(document) := {finding.severity | some finding in rule.location_findings with input as document}

test_says_what_is_missing if {
	rule.location_findings == {{
		"rule": "protection/encrypted_in_transit",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "the store lacks encrypted transport for confidential data; nothing travels in the clear",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_known_lack_refuses_everything_but_open_data if {
	every sensitivity in ["confidential", "coded", "identifiable"] {
		severities(having(sensitivity, false)) == {"error"}
	}
	severities(having("open", false)) == {"warning"}
}

test_not_knowing_is_said_of_what_is_not_open if {
	severities(having("open", "unknown")) == set()
	severities(having("confidential", "unknown")) == {"warning"}
	severities(having("coded", "unknown")) == {"warning"}
	messages := {finding.message | some finding in rule.location_findings} with input as having("coded", "unknown")
	messages == {"nothing says whether the store has encrypted transport for coded data; nothing travels in the clear"}
}

test_a_running_store_of_data_about_people_has_to_be_known if {
	every gate, severity in {"plan": "warning", "preview": "warning", "live": "error", "publish": "error"} {
		severities(object.union(having("coded", "unknown"), {"gate": gate})) == {severity}
	}
	severities(object.union(having("confidential", "unknown"), {"gate": "live"})) == {"warning"}
}

test_taint_counts if {
	document := fixture.changed(
		fixture.with_dataset(fixture.raw, {"sensitivity": "coded"}),
		["locations", fixture.masks_at_bench, "has"],
		{"encrypted_transport": false},
	)
	severities(document) == {"error"}
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
