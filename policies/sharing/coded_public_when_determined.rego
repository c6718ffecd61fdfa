# METADATA
# scope: package
# title: Coded data are public only with a recorded determination
# description: >-
#   Pseudonymised data, and what comes from them, are neither declared public nor readable by anyone who is not named
#   unless it is recorded that they are de-identified: by whom, when, with evidence, and by Safe Harbor, which names
#   the eighteen identifiers that were removed, or by expert determination.
# custom:
#   id: sharing/coded_public_when_determined
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - location.dataset
#     - location.readers
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#     - dataset.audience
#     - dataset.public_terms
#   cure: >-
#     Record the determination under `deidentification` (method, by, date, evidence, and for a safe harbor all eighteen
#     identifiers), or keep the audience named.
#   references:
#     - 45 CFR 164.514(b)(1), (b)(2)
#     - 45 CFR 164.514(e), limited data sets need a data use agreement
package slidebox.sharing.coded_public_when_determined

import data.slidebox.lib.audience
import data.slidebox.lib.judge
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some [id, reader] in audience.unnamed_readers
	dataset := input.locations[id].dataset
	dataset in undetermined
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can read coded data without a recorded determination; %s", [
			audience.in_words(reader.principal),
			sensitivity.cause(dataset),
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id in undetermined
	audience.public_some_day(id)
	finding := judge.finding(info, id, sprintf(
		"coded data are declared public without a recorded determination; %s",
		[sensitivity.cause(id)],
	))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

undetermined := {id |
	some id, effective in sensitivity.effective
	effective == "coded"
	not id in sensitivity.deidentified
}
