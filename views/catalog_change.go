package views

import (
	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// CatalogChange is the page on which an owner enters another catalog.
type CatalogChange struct {
	Version  string // in force
	Document string // as it was entered
	Note     string
	Replace  bool
	Err      *org.Error
}

// faults returns what is wrong with the document, each with its place in it; general has the other errors of the form.
func (c CatalogChange) faults() (general *ui.FormError, faults []org.Field) {
	if c.Err == nil {
		return nil, nil
	}
	return &ui.FormError{Message: c.Err.Message, Detail: c.Err.Detail}, c.Err.Fields
}
