package org

// What the operator at the machine itself may do, if no one can sign in any more or a backup was restored.

// OwnerRecovery is an account that is to regain access as an owner.
type OwnerRecovery struct {
	Username string
	Email    string // of an account that must be made
	Password string
}
