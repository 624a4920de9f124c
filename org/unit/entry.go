package unit

import (
	"encoding/json"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// Entry is the audit row of a change, or of a refusal, as it is being filled in.
type Entry struct {
	ResourceType string
	Action       string
	id           string
	target       string
	organization uuid.UUID
	Status       int
	Fields       map[string]org.AuditChange
}

// about names what the entry is about.
func (e *Entry) about(resourceType string, id uuid.UUID, target string, organization uuid.UUID) {
	e.ResourceType, e.target, e.organization, e.id = resourceType, target, organization, id.String()
}

// Field records one field before and after, if it differs.
func (e *Entry) Field(name string, before, after any) {
	old, _ := json.Marshal(before)
	if now, _ := json.Marshal(after); string(old) == string(now) {
		return
	}
	e.set(name, org.AuditChange{Old: before, New: after})
}

// Assignments records which records the change removed or altered, and what they are afterwards.
func (e *Entry) Assignments(before, after []org.Assignment) {
	brief := func(list []org.Assignment) []org.AuditAssignment {
		short := make([]org.AuditAssignment, len(list))
		for i, a := range list {
			short[i] = a.Brief()
		}
		return short
	}
	if len(before)+len(after) > 0 {
		e.Field(org.RecordsField, brief(before), brief(after))
	}
}

// Secret records that a field changed, without its values.
func (e *Entry) Secret(name string) { e.set(name, org.AuditChange{Secret: true}) }

// set keeps the last value set for a field.
func (e *Entry) set(name string, c org.AuditChange) {
	if e.Fields == nil {
		e.Fields = map[string]org.AuditChange{}
	}
	e.Fields[name] = c
}
