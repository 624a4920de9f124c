package org

import "time"

// ProviderUse is how much a sign-in provider is used.
type ProviderUse struct {
	People    int
	LastLogin time.Time // zero: never
}
