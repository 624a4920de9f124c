package db

import (
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"modernc.org/sqlite"

	"rolecall.example/org/fold"
)

// registerFunctions is what statements of ours call that PostgreSQL has as a function of its schema, or in SQL.
func registerFunctions() error {
	return errors.Join(register("search_pattern", searchPattern), register("search_fold", fold.Text))
}

// register lets statements call a function of a text.
func register(name string, of func(string) string) error {
	return sqlite.RegisterDeterministicScalarFunction(name, 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		text, _ := args[0].(string)
		return of(text), nil
	})
}

// searchPattern is what the index user_search is asked for: every three letters that a text has. Whether they stand
// together in what is found must be looked at there.
func searchPattern(text string) string {
	text, _, _ = strings.Cut(text, "\x00") // where the reader of the pattern would stop
	letters := []rune(text)
	var all []string
	for i := range max(0, len(letters)-2) {
		one := `"` + strings.ReplaceAll(string(letters[i:i+3]), `"`, `""`) + `"`
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	if all == nil {
		return `""` // which is in no text
	}
	return strings.Join(all, " AND ")
}
