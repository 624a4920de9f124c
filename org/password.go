package org

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// HashCost is what it takes to compute a password hash: the parameters of argon2id. Each stored hash includes its own.
type HashCost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes over the memory
	Threads uint8
}

const (
	minPassword = 8
	MaxPassword = 1024
)

//go:embed common_passwords.txt
var commonText string

var commonPasswords = sync.OnceValue(func() map[string]bool {
	common := map[string]bool{}
	for p := range strings.Lines(commonText) {
		common[strings.TrimSpace(p)] = true
	}
	return common
})

// PasswordProblem says what is wrong with a new password. There are no rules about its characters.
func PasswordProblem(password, username, email string) string {
	p := FoldCase(password)
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return fmt.Sprintf("must be >= %d characters", minPassword)
	case len(password) > MaxPassword:
		return fmt.Sprintf("must be <= %d characters", MaxPassword)
	case commonPasswords()[p]:
		return "is among the commonest passwords: choose another"
	case p == FoldCase(username), p == FoldCase(email):
		return "must not be the username or the e-mail address"
	}
	return ""
}
