package org

import (
	"fmt"
	"strings"

	"rolecall.example/rbac"
)

// Summarize names a few permissions.
func Summarize(perms []rbac.Permission) string {
	var shown []string
	for _, p := range perms[:min(3, len(perms))] {
		shown = append(shown, strings.TrimPrefix(p.String(), "!"))
	}
	list := strings.Join(shown, ", ")
	if more := len(perms) - len(shown); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}
