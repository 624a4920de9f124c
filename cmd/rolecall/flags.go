package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// choice is a flag that takes one of a few values. It refuses while flags are parsed, so a wrong value is exit code 2
// before any request.
type choice struct {
	value *string
	list  []string
}

// Set implements pflag.Value.
func (c *choice) Set(v string) error {
	if !slices.Contains(c.list, v) {
		return fmt.Errorf("%q is none of %s%s", v, strings.Join(c.list, ", "), didYouMean(v, c.list, ""))
	}
	*c.value = v
	return nil
}

func (c *choice) String() string { return *c.value }

// Type implements pflag.Value.
func (*choice) Type() string { return "choice" }

// choices is a flag that takes several of a few values, separated by commas.
type choices struct {
	values *[]string
	list   []string
}

// Set implements pflag.Value.
func (c *choices) Set(v string) error {
	// Given twice, the second counts, as for other flags.
	*c.values = nil
	for part := range strings.SplitSeq(v, ",") {
		one := choice{new(string), c.list}
		if err := one.Set(part); err != nil {
			return err
		}
		*c.values = append(*c.values, part)
	}
	return nil
}

func (c *choices) String() string { return strings.Join(*c.values, ",") }

// Type implements pflag.Value.
func (*choices) Type() string { return "choices" }

// bounded is a flag that takes a number within bounds.
type bounded struct {
	value       *int
	least, most int
}

// Set implements pflag.Value.
func (n *bounded) Set(v string) error {
	i, err := strconv.Atoi(v)
	if err != nil || i < n.least || i > n.most {
		return fmt.Errorf("%q is no number from %d to %d", v, n.least, n.most)
	}
	*n.value = i
	return nil
}

// String returns "" for a default out of bounds, which means that the flag was left out.
func (n *bounded) String() string {
	if n.value == nil || *n.value < n.least {
		return ""
	}
	return strconv.Itoa(*n.value)
}

// Type implements pflag.Value.
func (*bounded) Type() string { return "int" }

// given is a flag that can be told apart from one that was left out, even if its value is empty. An edit needs the
// difference: an empty text clears a field, a missing flag leaves it.
type given struct{ value **string }

// Set implements pflag.Value.
func (g given) Set(v string) error {
	*g.value = &v
	return nil
}

func (g given) String() string {
	if g.value == nil || *g.value == nil {
		return ""
	}
	return **g.value
}

// Type implements pflag.Value.
func (given) Type() string { return "string" }
