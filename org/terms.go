package org

import (
	"strings"
	"time"
	"unicode/utf8"
)

// How far ahead an end may be, and how long a reason may be.
const (
	maxUntil  = 10 * 365 * Day
	maxReason = 500
)

// Check adds what is wrong with the terms of a request, and trims the reason.
func (t *Terms) Check(now time.Time, bad *FieldErrors) {
	switch {
	case t.Until == nil:
	case !t.Until.After(now):
		bad.Add("until", "must be in the future")
	case t.Until.After(now.Add(maxUntil)):
		bad.Add("until", "must be at most 10 years away")
	}
	if t.Reason = strings.TrimSpace(t.Reason); utf8.RuneCountInString(t.Reason) > maxReason {
		bad.Add("reason", "must be at most 500 characters")
	}
}
