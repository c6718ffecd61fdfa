# METADATA
# scope: package
# title: Derived data are as sensitive as what they come from
# description: >-
#   A dataset that is declared less sensitive than something it comes from, over any number of steps and projects,
#   needs a recorded de-identification: by whom, when, with evidence, and by Safe Harbor with its eighteen identifiers
#   or by expert determination; one that is still to come lowers nothing. What it comes from has to be declared.
# custom:
#   id: sharing/derived_as_sensitive_as_parents
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - facts.now
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#   cure: >-
#     Declare the higher sensitivity, or record the de-identification completely (method, by, date, evidence, and for a
#     safe harbor all eighteen identifiers).
#   references:
#     - 45 CFR 164.514(a)-(c)
#     - NIH NOT-OD-21-013, protection of participants' privacy
package slidebox.sharing.derived_as_sensitive_as_parents

import data.slidebox.lib.judge
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

declared_findings contains finding if {
	some id, effective in sensitivity.effective
	declared := input.datasets[id].sensitivity
	sensitivity.rank[declared] < sensitivity.rank[effective]
	finding := judge.finding(info, id, sprintf("declared %s, but %s", [declared, sensitivity.cause(id)]))
}

declared_findings contains finding if {
	some id, dataset in input.datasets
	some parent in dataset.parents
	not input.datasets[parent]
	finding := judge.finding(info, id, sprintf("it comes from %s, which is not declared", [parent]))
}

declared_findings contains finding if {
	some id, lacking in sensitivity.incomplete
	finding := judge.finding(info, id, sprintf("the de-identification lowers nothing: %s", [lacking]))
}

declared_findings contains finding if {
	some id, dataset in input.datasets
	day := dataset.deidentification.date
	day != "none"
	day > input.now
	finding := judge.finding(info, id, sprintf("the de-identification is dated %s, which is still to come", [day]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)
