package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each example in help, and each command line in the papers, is one that the program takes.
func TestExamples(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, g := range groups() {
		for _, c := range g.commands {
			if len(c.examples) == 0 {
				t.Errorf("%s has no example", c.name)
			}
			for _, line := range c.examples {
				tried++
				if why := refusedLine(line); why != "" {
					t.Errorf("%s: the example %s: %s", c.name, line, why)
				}
			}
		}
	}
	papers, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, paper := range append(papers, "../../README.md") {
		text, err := os.ReadFile(paper)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```\\w*\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			for line := range strings.SplitSeq(strings.ReplaceAll(block[1], "\\\n", " "), "\n") {
				if strings.HasPrefix(line, "rolecall ") {
					tried++
					if why := refusedLine(line); why != "" {
						t.Errorf("%s: %s: %s", paper, line, why)
					}
				}
			}
		}
	}
	if tried < 60 {
		t.Errorf("only %d lines were tried", tried)
	}
}

// refusedLine says why the program would not take the call in a line of shell.
func refusedLine(line string) string {
	args := shellWords(line)
	for len(args) > 0 && args[0] != "rolecall" {
		args = args[1:]
	}
	if len(args) == 0 {
		return "does not call rolecall"
	}
	if args = args[1:]; len(args) == 0 || strings.HasPrefix(args[0], "-") {
		args = append([]string{"serve"}, args...)
	}
	root := tree(&terminal{})
	cmd, rest, err := root.Find(args)
	if err != nil || cmd == root || cmd.HasSubCommands() {
		return "there is no such command"
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err.Error()
	}
	name := strings.TrimPrefix(cmd.CommandPath(), "rolecall ")
	wanted := strings.Fields(commandOf(name).operand)
	given := cmd.Flags().Args()
	if len(given) > len(wanted) && !strings.Contains(commandOf(name).operand, "…") || len(given) < len(wanted) && !strings.HasPrefix(wanted[len(given)], "[") {
		return "the operands do not fit"
	}
	return ""
}

var shellWord = regexp.MustCompile(`'[^']*'|"[^"]*"|[|&><#()]+|\$\(|[^\s|&><()'"]+(?:'[^']*'|"[^"]*")?`)

// shellWords splits a line as far as our papers need it: one call of rolecall, up to where its arguments end.
func shellWords(line string) (words []string) {
	seen := false
	line = regexp.MustCompile(`\$\(date[^)]*\)`).ReplaceAllString(line, "today")
	for _, word := range shellWord.FindAllString(line, -1) {
		if strings.ContainsAny(word[:1], "|&><#)") && seen {
			return words
		}
		seen = seen || word == "rolecall"
		words = append(words, strings.Trim(word, `'"`))
	}
	return words
}
