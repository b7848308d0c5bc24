import { router } from '../route.ts'

export const catalogueRoutes = router()
