package org

import (
	"errors"
	"fmt"
)

// Wrap prefixes *err with what failed, for the log: deferred, it names the use case. It leaves nil alone, and an *Error,
// whose message is for the caller.
func Wrap(err *error, format string, args ...any) {
	if _, ours := errors.AsType[*Error](*err); *err == nil || ours {
		return
	}
	*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
}
