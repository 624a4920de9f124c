package org

import (
	"strconv"
	"strings"
	"time"
)

// RecordFilter selects people who hold something by certain records.
type RecordFilter struct {
	Sources []string      // a record of any of these
	Ending  time.Duration // one that ends so soon; 0 is no limit
}

// Filtered reports whether f leaves anyone out.
func (f *RecordFilter) Filtered() bool { return len(f.Sources) > 0 || f.Ending > 0 }

// maxEnding is how far ahead a filter may look for an end: no end is further away.
const maxEnding = 3660 // days

// EndingForm says what ParseEnding takes.
const EndingForm = "a number of days or hours, such as 30d or 12h"

// ParseEnding reads how soon something ends. ok is false for what is neither days nor hours, or too far.
func ParseEnding(text string) (d time.Duration, ok bool) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour} {
		if digits, cut := strings.CutSuffix(text, unit); cut {
			n, err := strconv.ParseUint(digits, 10, 32)
			d = time.Duration(min(n, 24*maxEnding)) * length
			return d, err == nil && n > 0 && d <= maxEnding*24*time.Hour
		}
	}
	return 0, false
}

// FormatEnding writes what ParseEnding reads.
func FormatEnding(d time.Duration) string {
	if days := d / (24 * time.Hour); d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(days)) + "d"
	}
	return strconv.Itoa(int(d/time.Hour)) + "h"
}

// SourceForm says what ValidSource takes.
const SourceForm = "manual, invite, default, operator, oidc:NAME or scim:NAME"

// ValidSource reports whether a record could be of a source.
func ValidSource(text string) bool {
	switch s := Source(text); s {
	case SourceManual, SourceInvite, SourceDefault, SourceOperator:
		return true
	default:
		_, name, _ := strings.Cut(text, ":")
		return s.Synced() && name != "" && len(name) <= maxSourceName && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	}
}

// maxSourceName bounds the name of a provider or directory.
const maxSourceName = 32
