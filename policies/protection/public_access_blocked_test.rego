package slidebox.protection.public_access_blocked_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.protection.public_access_blocked as rule

passes := fixture.facts

having(sensitivity, has) := fixture.changed(
	fixture.with_dataset(fixture.raw, {"sensitivity": sensitivity}),
	["locations", fixture.at_bench, "has"],
	has,
)

no_block := {"public_access_block": false, "account_public_access_block": false}

refused := having("identifiable", no_block)

said(document) := {[finding.severity, finding.message] | some finding in rule.location_findings with input as document}

test_identifiable_data_need_both_blocks if {
	rule.location_findings == {{
		"rule": "protection/public_access_blocked",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": concat("", [
			"the store lacks a block on public access, and ",
			"the store lacks a block on public access for the whole account; ",
			"it is not declared public in this term; the data are identifiable: it is declared identifiable",
		]),
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
	every block in ["public_access_block", "account_public_access_block"] {
		{severity | some [severity, _] in said(having("identifiable", {block: false}))} == {"error"}
	}
}

test_what_is_not_known_to_be_harmless_needs_them_too if {
	document := fixture.changed(refused, ["datasets", fixture.raw], {
		"sensitivity": "open",
		"parents": ["other/raw_images"],
	})
	{severity | some [severity, _] in said(document)} == {"error"}
}

test_a_gateway_without_blocks_takes_everything_else_with_a_warning if {
	every sensitivity in ["coded", "confidential", "open"] {
		{severity | some [severity, _] in said(having(sensitivity, no_block))} == {"warning"}
	}
}

test_open_data_do_not_ask_for_the_account if {
	said(having("open", no_block)) == {[
		"warning",
		"the store lacks a block on public access; it is not declared public in this term",
	]}
	said(having("open", {"account_public_access_block": false})) == set()
}

test_what_is_declared_public_needs_no_block if {
	document := fixture.changed(having("open", no_block), ["datasets", fixture.raw], {"public_terms": ["mid"]})
	said(document) == set()
	said(fixture.changed(document, ["locations", fixture.at_bench], {"term": "long"})) != set()
}

test_not_knowing_refuses_identifiable_data_in_a_running_store if {
	document := having("identifiable", {"public_access_block": "unknown"})
	message := "nothing says whether the store has a block on public access; it is not declared public in this term"
	every gate, severity in {"plan": "warning", "preview": "warning", "live": "error", "publish": "error"} {
		said(object.union(document, {"gate": gate})) == {[severity, message]}
	}
	coded := object.union(having("coded", {"public_access_block": "unknown"}), {"gate": "live"})
	said(coded) == {["warning", message]}
}

test_the_gravest_of_both_counts if {
	document := having("identifiable", {"public_access_block": "unknown", "account_public_access_block": false})
	{severity | some [severity, _] in said(document)} == {"error"}
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
