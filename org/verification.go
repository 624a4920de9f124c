package org

// Verification is what a check of the audit trail found.
type Verification struct {
	Entries int
	Broken  string // what is wrong, with the row where it begins; "" when the trail is whole
}
