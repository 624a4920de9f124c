package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"rolecall.example/rbac"
)

// injected are the variables that Kubernetes sets for a service named like the program.
var injected = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$`)

// checkVariables refuses variables that look like settings but are none: a server that ignored a misspelled name would
// run with the default, perhaps an empty database. They are checked in order of their names, so that the same
// environment always has the same error.
func checkVariables(env map[string]string) error {
	known := []string{tokenVariable, clientSecretVariable}
	for name := range settings {
		known = append(known, variable(name))
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		switch {
		case !strings.HasPrefix(name, "ROLECALL_"), slices.Contains(known, name), ofTests(name), injected.MatchString(name),
			strings.HasSuffix(name, "_PORT") && strings.Contains(env[name], "://"):
		default:
			near := slices.MinFunc(known, func(a, b string) int {
				return cmp.Or(unlike(a, name)-unlike(b, name), common(b, name)-common(a, name))
			})
			return usageError(fmt.Sprintf("%s is no setting: did you mean %s? See rolecall help serve", name, near))
		}
	}
	return nil
}

// common returns how many letters two words have in common at the beginning.
func common(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// ofTests reports whether a variable belongs to the program's tests, which start servers. Tests run the commands with
// their own environment around them.
func ofTests(name string) bool {
	return strings.HasPrefix(name, "ROLECALL_TEST_") || slices.Contains([]string{"ROLECALL_REQUIRE_ALL", "ROLECALL_DEEP", "ROLECALL_POWERCUT", "ROLECALL_SHOTS"}, name)
}

// parseMustExist parses the setting that prevents a server from starting with an empty database.
func parseMustExist(c *config, v string) (err error) {
	c.existing, err = parseTruth(v)
	return err
}

func parseHSTSHostOnly(c *config, v string) (err error) {
	c.hstsHostOnly, err = parseTruth(v)
	return err
}

func parseH2C(c *config, v string) (err error) {
	c.h2c, err = parseTruth(v)
	return err
}

// Any other value is refused: if "yes" were read as false, a server would start that should not.
func parseTruth(v string) (bool, error) {
	switch v {
	case "true", "1":
		return true, nil
	case "false", "0", "":
		return false, nil
	}
	return false, errors.New("true or false is needed")
}

// unlike returns the distance of a name from what was written. A short form, such as DB for DATABASE, is at most three
// letters away.
func unlike(name, written string) int {
	d, rest := rbac.Distance(name, written), written
	for i := range len(name) {
		at := strings.IndexByte(rest, name[i])
		if at < 0 {
			return d
		}
		rest = rest[at+1:]
	}
	return min(d, 3)
}
