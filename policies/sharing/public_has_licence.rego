# METADATA
# scope: package
# title: What is public has a licence
# description: >-
#   What anyone can read says what they may do with it, and before something becomes public its licence is written
#   down: without one nobody may use the data, whatever was meant.
# custom:
#   id: sharing/public_has_licence
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - facts.gate
#     - location.dataset
#     - location.readers
#     - dataset.licence
#     - dataset.audience
#     - dataset.public_terms
#   cure: Write the `licence` under which the data are public, by its SPDX name, such as CC0-1.0 or CC-BY-4.0.
#   references:
#     - FAIR principle R1.1, data are released with a clear and accessible licence
#     - Playbook, section Origin, "most data will eventually be in the public domain"
package slidebox.sharing.public_has_licence

import data.slidebox.lib.audience
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some [id, reader] in audience.unnamed_readers
	reader.principal in audience.open_to_all
	input.datasets[input.locations[id].dataset].licence == "none"
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can read data without a licence", [audience.in_words(reader.principal)])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	input.gate == "publish"
	some id, dataset in input.datasets
	dataset.licence == "none"
	audience.public_some_day(id)
	finding := judge.finding(info, id, "it is to be public and has no licence")
}

declared_findings contains finding if some finding in judge.unread_datasets(info)
