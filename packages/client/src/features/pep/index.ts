/** Personal Eventing (XEP-0163): nodes of accounts, those with one value, and private lists. */
export { AccountNode } from './account-node.ts'
export { OwnList } from './own-list.ts'
export { Pep, pep, type Told } from './pep.ts'
export { type Personal, type PersonalDeclaration, PersonalNode, personalNode } from './personal-node.ts'
