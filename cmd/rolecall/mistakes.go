package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rolecall.example/rbac"
)

// usageError is a mistake in how the program was called. It is a type and not a value, so that the exit code follows
// from the error wherever it is made.
type usageError string

func (e usageError) Error() string { return string(e) }

// mistake returns a usageError that suggests a word, if suggestion is not "", and the help of cmd.
func mistake(cmd *cobra.Command, what, suggestion string) error {
	see := "see rolecall help" + strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name())
	if suggestion == "" {
		return usageError(what + "; " + see)
	}
	return usageError(what + suggestion + " S" + see[1:])
}

// unknown returns the error about a command that parent does not have.
func unknown(parent *cobra.Command, args []string) error {
	var known []string
	for _, c := range parent.Commands() {
		known = append(known, c.Name())
	}
	path := strings.TrimPrefix(parent.CommandPath()+" ", parent.Root().Name()+" ")
	return mistake(parent, fmt.Sprintf("there is no command %q", path+args[0]), didYouMean(args[0], known, path))
}

// flagError rewrites an error of pflag, whose text names Go types and repeats the flag.
func flagError(cmd *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		name, dashes := e.GetSpecifiedName(), "--"
		if letters := e.GetSpecifiedShortnames(); letters != "" { // a long name after one dash looks like many short ones
			name, _, _ = strings.Cut(letters, "=")
			dashes = "-"
		}
		return mistake(cmd, "there is no flag "+dashes+name, didYouMean(name, known, "--"))
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		text, hint, suggests := strings.Cut(e.Unwrap().Error(), ";")
		if suggests {
			hint = ";" + hint
		}
		return mistake(cmd, fmt.Sprintf("--%s: %s", e.GetFlag().Name, text), hint)
	}
	return mistake(cmd, err.Error(), "")
}

// oneDash returns an error if the long name of a flag follows a single dash and would be read as several flags. pflag
// would complain about a letter in the middle of the word.
func oneDash(root *cobra.Command, args []string) error {
	cmd, _, _ := root.Find(args)
	for i, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		mayBeValue := i > 0 && strings.HasPrefix(args[i-1], "--")
		if strings.HasPrefix(arg, "-") && len(name) > 1 && !mayBeValue && cmd.Flags().Lookup(name) != nil {
			return mistake(cmd, "there is no flag -"+name, didYouMean(name, []string{name}, "--"))
		}
	}
	return nil
}

// didYouMean returns "; did you mean …?" with the word of known that is closest to word, or "" if none is close. It
// writes prefix before that word.
func didYouMean(word string, known []string, prefix string) string {
	best := rbac.Nearest(word, known)
	if best == "" {
		return ""
	}
	return "; did you mean " + prefix + best + "?"
}
