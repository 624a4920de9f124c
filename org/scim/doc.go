// Package scim is the part of SCIM 2.0 (RFC 7643, RFC 7644) that needs neither HTTP nor a database: documents of users and
// groups, filters, PATCH, and the documents that describe them. It also accepts what Okta and Entra send beyond the standard.
//
// A document keeps what a directory sent. [ReadUser] and [ReadGroup] read from it what rolecall itself uses, and
// [Resource.Whole] replaces in it what rolecall knows better than the directory (ids, versions, who is in a group).
package scim
