# METADATA
# scope: package
# title: Images from patients are scanned before they are public
# description: >-
#   Names, dates and numbers of patients hide in file names, labels and headers of images. Before images made from a
#   patient's or donor's material are public it is recorded that a metadata scan passed. That is all it says: what the
#   pixels show, a person has to look at.
# custom:
#   id: sharing/patient_images_scanned
#   severity: error
#   scope: [location, dataset]
#   gates: [publish]
#   waivable: false
#   reads:
#     - facts.now
#     - location.dataset
#     - location.readers
#     - dataset.level
#     - dataset.patient_derived
#     - dataset.scan
#     - dataset.audience
#     - dataset.public_terms
#   cure: Scan the files for metadata that name a patient, clean them, and record the scan that passed under `scan`.
#   references:
#     - 45 CFR 164.514(b)(2)(i), the identifiers hide in file names, labels and headers
#     - DICOM PS3.15 Annex E, attribute confidentiality profiles
package slidebox.sharing.patient_images_scanned

import data.slidebox.lib.audience
import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

image_levels := {"raw_images", "corrected_images", "segmentation_masks", "single_cell_images"}

location_findings contains finding if {
	some [id, reader] in audience.unnamed_readers
	reason := unscanned[input.locations[id].dataset]
	finding := judge.by(
		judge.finding(info, id, sprintf("%s can read images from patients: %s", [
			audience.in_words(reader.principal),
			reason,
		])),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id, reason in unscanned
	audience.public_some_day(id)
	finding := judge.finding(info, id, sprintf("images from patients are to be public: %s", [reason]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

unscanned := {id: reason |
	some id, dataset in input.datasets
	dataset.patient_derived == true
	dataset.level in image_levels
	reason := lacks(dataset.scan)
}

lacks(scan) := "no metadata scan is recorded" if {
	scan.recorded == false
} else := sprintf("of the metadata scan is not recorded: %s", [concat(", ", scan.missing)]) if {
	scan.missing != []
} else := "the metadata scan did not pass" if {
	scan.passed == false
} else := sprintf("the metadata scan is dated %s, which is still to come", [scan.date]) if {
	scan.date != "none"
	scan.date > input.now
}
