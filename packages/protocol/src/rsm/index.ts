/** Result Set Management (XEP-0059). */
export { type PageRequest, type PageResult, pageRequest, pageResult, RSM_NS } from './rsm.ts'
