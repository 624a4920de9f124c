package db

import (
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"modernc.org/sqlite"

	"rolecall.example/org/fold"
)

// registerFunctions registers the functions of our statements that PostgreSQL has in its schema, or in SQL.
func registerFunctions() error {
	return errors.Join(register("search_pattern", searchPattern), register("search_fold", fold.Text))
}

// register makes a function of a text available to statements.
func register(name string, of func(string) string) error {
	return sqlite.RegisterDeterministicScalarFunction(name, 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		text, _ := args[0].(string)
		return of(text), nil
	})
}

// searchPattern returns the query for the index user_search: every three letters in a row of a text. Whether they are
// adjacent in what is found must be checked there.
func searchPattern(text string) string {
	text, _, _ = strings.Cut(text, "\x00") // where the parser of the pattern would stop
	letters := []rune(text)
	var all []string
	for i := range max(0, len(letters)-2) {
		one := `"` + strings.ReplaceAll(string(letters[i:i+3]), `"`, `""`) + `"`
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	if all == nil {
		return `""` // which matches no text
	}
	return strings.Join(all, " AND ")
}
