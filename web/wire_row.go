package web

import (
	"encoding/hex"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// The rows of a list of members are written by hand: a list may have a hundred thousand of them, and reflection would
// take most of the time. A test compares appendMember with what encoding/json makes of wireMemberWithUser.

func appendMember(b []byte, m *org.Member) []byte {
	b = appendUUID(append(b, `{"user_id":`...), m.UserID)
	b = appendUUID(append(b, `,"organization_id":`...), m.OrganizationID)
	b = appendTime(append(b, `,"created_at":`...), m.CreatedAt)
	b = appendTime(append(b, `,"updated_at":`...), m.UpdatedAt)
	b = appendRoleRefs(append(b, `,"roles":`...), m.Roles)
	b = appendString(append(b, `,"username":`...), m.Username)
	b = appendString(append(b, `,"name":`...), m.Name)
	b = appendString(append(b, `,"avatar_url":`...), m.AvatarURL)
	b = appendString(append(b, `,"email":`...), m.Email)
	b = appendRoleRefs(append(b, `,"global_roles":`...), m.SiteRoles)
	b = appendString(append(b, `,"status":`...), string(m.Status))
	b = appendString(append(b, `,"login_type":`...), m.LoginType)
	b = appendTime(append(b, `,"last_seen_at":`...), m.LastSeenAt)
	b = appendTime(append(b, `,"user_created_at":`...), m.AccountCreatedAt)
	b = appendTime(append(b, `,"user_updated_at":`...), m.AccountUpdatedAt)
	if m.MadeForService() {
		b = append(b, `,"is_service_account":true`...)
	}
	b = append(b, `,"has_ai_seat":false`...)
	if !m.NextEnd.IsZero() {
		b = appendTime(append(b, `,"next_end":`...), m.NextEnd)
	}
	if len(m.ManagedBy) > 0 { // few lists have them
		managers, _ := json.Marshal(each(m.ManagedBy, wireManager)) // texts and ids always have a JSON form
		b = append(append(b, `,"managed_by":`...), managers...)
	}
	return append(b, '}')
}

func appendRoleRefs(b []byte, refs []org.RoleRef) []byte {
	b = append(b, '[')
	for i := range refs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"name":`...), refs[i].Name)
		b = appendString(append(b, `,"display_name":`...), refs[i].DisplayName)
		if refs[i].OrganizationID != uuid.Nil {
			b = appendUUID(append(b, `,"organization_id":`...), refs[i].OrganizationID)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendUUID writes the groups of a UUID in hexadecimal.
func appendUUID(b []byte, id uuid.UUID) []byte {
	b = append(b, '"')
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		start := [...]int{0, 4, 6, 8, 10}[i]
		if start > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, id[start:end])
	}
	return append(b, '"')
}

func appendTime(b []byte, t time.Time) []byte {
	b = wireTime(t).AppendFormat(append(b, '"'), time.RFC3339Nano)
	return append(b, '"')
}

// appendString copies plain text and leaves text that may need escaping to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string always has a JSON form
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
