package slidebox.protection.access_logged_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.protection.access_logged as rule

passes := fixture.with_dataset(fixture.raw, {"sensitivity": "coded"})

having(sensitivity, has) := fixture.changed(
	fixture.with_dataset(fixture.raw, {"sensitivity": sensitivity}),
	["locations", fixture.at_bench, "has"],
	{"access_log": has},
)

refused := having("confidential", false)

said(document) := {[finding.severity, finding.message] | some finding in rule.location_findings with input as document}

test_says_that_nobody_could_tell if {
	rule.location_findings == {{
		"rule": "protection/access_logged",
		"severity": "warning",
		"subject": fixture.at_bench,
		"message": concat("", [
			"the store lacks a log of who read what; ",
			"the data are confidential: it is declared confidential",
		]),
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_not_knowing_is_said if {
	said(having("coded", "unknown")) == {[
		"warning",
		"nothing says whether the store has a log of who read what; the data are coded: it is declared coded",
	]}
}

test_open_data_need_none if said(having("open", false)) == set()

test_taint_counts if {
	document := fixture.changed(passes, ["locations", fixture.masks_at_bench, "has"], {"access_log": false})
	count(said(document)) == 1
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
