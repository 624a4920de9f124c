package account

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

const (
	maxUsername = 32
	maxFullName = 128
	counted     = 20 // names with a number that are tried for a new account
	maxTries    = 30 // and all in all: what follows is random
)

// UsernameOf makes a username from a name that a provider or a directory states: letters, digits and single hyphens. Of an e-mail
// address it takes the part before the @.
func UsernameOf(stated string) string {
	stated, _, _ = strings.Cut(stated, "@")
	var b strings.Builder
	for _, r := range stated {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
				b.WriteByte('-')
			}
		}
		if b.Len() >= maxUsername {
			break
		}
	}
	name := strings.Trim(b.String(), "-")
	if name == "" {
		return "user"
	}
	return name
}

// Usernames are made once. Programs rely on them, so a new name at the provider does not change them.

// FreeUsername returns a username that is not taken: the wished one, or the wished one with a suffix -2, -3 and so on.
func FreeUsername(ctx context.Context, a *unit.Attempt, wish string) (string, error) {
	for n := 1; n <= maxTries; n++ {
		name := wish
		if n > 1 {
			suffix := "-" + strconv.Itoa(n)
			if n > counted {
				suffix = "-" + strings.ToLower(rand.Text()[:6])
			}
			name = strings.TrimRight(wish[:min(len(wish), maxUsername-len(suffix))], "-") + suffix
		}
		if org.AddressProblem(name, org.ReservedUsernames) != "" {
			continue
		}
		if _, err := a.Q.GetUserByUsername(ctx, org.FoldCase(name)); db.IsNotFound(err) {
			return name, nil
		} else if err != nil {
			return "", err
		}
	}
	return "", &org.Error{Kind: org.Conflict, Message: "No username is free for this account. Ask an administrator for one."}
}

// FullName turns a name that a provider or a directory states into one that may be stored.
func FullName(stated string) string {
	name := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(stated, ""), func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r)
	}), " ")
	if utf8.RuneCountInString(name) > maxFullName {
		name = string([]rune(name)[:maxFullName])
	}
	return strings.TrimSpace(name)
}
