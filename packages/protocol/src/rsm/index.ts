/** Result Set Management (XEP-0059). */
export { askForPage, type PageRequest, type PageResult, pageRequest, pageResult, RSM_NS } from './rsm.ts'
