package client

import "time"

// MemberExplained is a member with the explanation of a decision about it.
type MemberExplained struct {
	MemberWithUser
	Explanation Explanation `json:"explanation"`
}

// Explanation explains a decision and lists the changes that would reverse it.
type Explanation struct {
	Allowed      bool             `json:"allowed"`
	Verdict      string           `json:"verdict"` // the answer as a sentence
	Because      string           `json:"because"`
	Action       string           `json:"action"`
	ResourceType string           `json:"resource_type"`
	Own          bool             `json:"own"`
	Levels       []ExplainedLevel `json:"levels"` // in the order in which they vote
	Changes      []Suggestion     `json:"changes"`
	Until        *time.Time       `json:"until,omitempty"` // when the answer becomes another one by itself, since records end
}

// ExplainedLevel is one level of a decision: "site", "organization" or "user".
type ExplainedLevel struct {
	Level   string  `json:"level"`
	Vote    string  `json:"vote"`    // "allow", "deny" or ""
	Applies bool    `json:"applies"` // the level counts for this object
	Reached bool    `json:"reached"` // no earlier level decided
	Decides bool    `json:"decides"`
	Note    string  `json:"note"`
	Matches []Match `json:"matches"`
}

// Match is a permission of a role that applies to the question.
type Match struct {
	Role       RoleRef    `json:"role"`
	Permission Permission `json:"permission"`
	Overruled  bool       `json:"overruled"`       // it does not count
	Until      *time.Time `json:"until,omitempty"` // when the role ends
}

// Suggestion is a single change that would reverse a decision.
type Suggestion struct {
	Kind       string      `json:"kind"` // give-role, take-role, allow-permission, deny-permission or clear-permission
	Text       string      `json:"text"`
	Blast      string      `json:"blast"` // its other effects
	Scope      string      `json:"scope"` // "organization" or "site"
	Role       RoleRef     `json:"role"`
	Level      string      `json:"level,omitempty"`
	Permission *Permission `json:"permission,omitempty"`
	Gained     int         `json:"gained"`            // permissions that the member would gain
	Lost       int         `json:"lost"`              // permissions that the member would lose
	Members    int         `json:"members,omitempty"` // members affected; 0: the caller may not see the number
	Allowed    bool        `json:"allowed"`           // the caller may make the change
	Refusal    string      `json:"refusal,omitempty"` // why not
}
