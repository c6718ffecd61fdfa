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
