package org

// What the person at the machine itself may do, when no one can sign in any more or the data was put back.

// OwnerRecovery is an account that is to get back in as an owner.
type OwnerRecovery struct {
	Username string
	Email    string // of an account that must be made
	Password string
}
