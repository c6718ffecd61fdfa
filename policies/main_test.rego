package main_test

import data.main
import data.slidebox.lib.fixture_test as fixture

untagged := fixture.with_location(fixture.at_bench, {"tags": {"owner": ""}})

circled := fixture.with_dataset(fixture.raw, {"public_terms": ["long"], "sensitivity": "identifiable"})

alone := json.patch(fixture.facts, [{"op": "remove", "path": ["locations", fixture.at_shelf]}])

rules(findings) := {finding.rule | some finding in findings}

test_says_nothing_about_a_good_lab if main.findings == set() with input as fixture.facts

test_finds_a_rule_by_its_place if {
	rules(main.location_findings) == {"cost/ownership_tags"} with input as untagged
	rules(main.declared_findings) == {
		"sharing/identifiable_never_public",
		"sharing/identifiable_named_people_only",
		"sharing/derived_as_sensitive_as_parents",
	} with input as circled
	rules(main.together_findings) == {"keeping/raw_copies"} with input as alone
}

test_joins_the_scopes if {
	main.dataset_findings == main.declared_findings | main.together_findings with input as alone
	main.alone_findings == main.location_findings | main.declared_findings with input as untagged
	main.findings == main.location_findings | main.dataset_findings with input as untagged
	rules(main.findings) == {"cost/ownership_tags"} with input as untagged
}

test_a_finding_has_every_field if {
	every finding in main.findings {
		object.keys(finding) == {"rule", "severity", "subject", "message", "path", "cure", "wants", "waived"}
	} with input as circled
}

# A lab's own rule that says in every scope what it is given to say.
own(gates, said) := {"ours": {
	"info": {"id": "lab/ours", "gates": gates, "waivable": true},
	"location_findings": {said},
	"declared_findings": {said},
	"together_findings": {said},
}}

spoken := {
	"rule": "sharing/identifiable_never_public",
	"severity": "warning",
	"subject": fixture.at_bench,
	"message": "something of ours",
	"path": [],
	"cure": "",
	"wants": "",
	"waived": "until 2099-01-01 by nobody: never mind",
}

heard := object.union(spoken, {"rule": "lab/ours", "waived": ""})

test_a_labs_own_rule_speaks_in_its_own_name if {
	every scope in ["location_findings", "declared_findings", "together_findings", "findings"] {
		main[scope] == {heard} with input as fixture.facts with data.lab as own(["plan"], spoken)
	}
}

test_a_labs_own_rule_can_be_waived if {
	waiver := object.union(fixture.waiver, {"rule": "lab/ours"})
	document := fixture.added(fixture.facts, ["waivers", "nf1#1"], waiver)
	waived := {"waived": "until 2027-01-31 by alice: the second drive is on order"}
	main.findings == {object.union(heard, waived)} with input as document with data.lab as own(["plan"], spoken)
}

test_a_labs_own_rule_changes_nothing_that_the_others_say if {
	without := main.findings with input as circled
	with_ours := main.findings with input as circled with data.lab as own(["plan"], spoken)
	count(without) > 0
	with_ours == without | {heard}
}

test_a_rule_is_asked_at_its_gates if {
	main.findings == set() with input as fixture.facts with data.lab as own(["live"], spoken)
	live := fixture.added(fixture.facts, ["gate"], "live")
	main.findings == {heard} with input as live with data.lab as own(["live"], spoken)
}

test_a_built_in_rule_is_asked_at_its_gates_too if {
	main.location_findings == set() with input as object.union(untagged, {"gate": "publish"})
	main.together_findings == set() with input as object.union(alone, {"gate": "publish"})
	every gate, expected in {"plan": set(), "publish": {"sharing/patient_images_scanned"}} {
		unscanned := {"public_terms": ["long"], "scan": {"recorded": false}}
		document := object.union(fixture.with_dataset(fixture.raw, unscanned), {"gate": gate})
		{id | some id in rules(main.declared_findings); id == "sharing/patient_images_scanned"} == expected
			with input as document
	}
}

test_every_rule_is_asked_at_a_gate_that_is_not_known if {
	every gate in ["", "lunch", 7, null] {
		document := fixture.added(fixture.facts, ["gate"], gate)
		said := main.findings with input as document with data.lab as own(["live"], spoken)
		heard in said
	}
}

test_explains_every_dataset if {
	object.keys(main.explained) == object.keys(fixture.facts.datasets) with input as fixture.facts
}

test_a_waiver_at_fault_is_found if {
	waiver := object.union(fixture.waiver, {"rule": "keeping/none"})
	document := fixture.added(fixture.facts, ["waivers", "nf1#1"], waiver)
	{[finding.rule, finding.subject] | some finding in main.findings} == {[
		"waivers/waiver_holds",
		"nf1#1",
	]} with input as document
}

test_every_rule_is_in_the_catalogue if {
	every id in ["sharing/identifiable_never_public", "waivers/waiver_holds"] {
		some info in main.catalogue
		info.id == id
		info.title != ""
	}
	every info in main.catalogue { info.cure != "" }
}
