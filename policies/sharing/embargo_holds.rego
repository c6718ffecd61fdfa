# METADATA
# scope: package
# title: An embargo holds until its day
# description: >-
#   Before its embargo is over a dataset is read by nobody who is not named, and no term begins in which it is declared
#   public. What is made from it has the same embargo, or a later one.
# custom:
#   id: sharing/embargo_holds
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - facts.now
#     - location.dataset
#     - location.term
#     - location.starts
#     - location.readers
#     - dataset.term
#     - dataset.parents
#     - dataset.embargo
#     - dataset.audience
#     - dataset.public_terms
#   cure: Let the term that is public begin later, or end the embargo earlier if whoever set it agrees.
#   references:
#     - Playbook, section Origin, "most data will eventually be in the public domain"
#     - NIH NOT-OD-21-013, data are shared no later than with the publication
package slidebox.sharing.embargo_holds

import data.slidebox.lib.audience
import data.slidebox.lib.deadlines
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some [id, reader] in audience.unnamed_readers
	location := input.locations[id]
	embargo := deadlines.embargo[location.dataset]
	deadlines.begins(location) < embargo
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can read from %s on, and the embargo ends on %s", [
			audience.in_words(reader.principal),
			deadlines.begins(location),
			embargo,
		])),
		reader.path,
	)
}

location_findings contains finding if {
	some id, location in input.locations
	embargo := deadlines.embargo[location.dataset]
	audience.everyone(location.dataset, location.term)
	deadlines.begins(location) < embargo
	finding := judge.finding(info, id, sprintf("declared public in the %s term, from %s on; the embargo ends on %s", [
		location.term,
		deadlines.begins(location),
		embargo,
	]))
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id, embargo in deadlines.embargo
	input.now < embargo
	audience.everyone(id, input.datasets[id].term)
	finding := judge.finding(info, id, sprintf("it is declared public now, and the embargo ends on %s", [embargo]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)
