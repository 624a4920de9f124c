// Package scim is the part of SCIM 2.0 (RFC 7643, RFC 7644) that needs neither HTTP nor a database: documents of users and
// groups, filters, PATCH, and the documents that describe them. It takes what Okta and Entra send besides the standard.
//
// A document keeps what a directory sent. What rolecall itself goes by is read from it by [ReadUser] and [ReadGroup], and what
// rolecall knows better than the directory (ids, versions, who is in a group) is laid over it by [Resource.Whole].
package scim
