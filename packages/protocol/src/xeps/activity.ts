/** User Activity (XEP-0108 1.3): what somebody does, in general and in particular. Words that are not in the lists are read as they come. */
import { type ElementCodec, element, ignorableText, type OptionalPart, wordElement, wordIn } from '../codec/index.ts'

/** The namespace, and the node. */
export const ACTIVITY_NS = 'http://jabber.org/protocol/activity'

/** [XEP-0108 3] */
export type ActivityWord =
  | 'doing_chores'
  | 'drinking'
  | 'eating'
  | 'exercising'
  | 'grooming'
  | 'having_appointment'
  | 'inactive'
  | 'relaxing'
  | 'talking'
  | 'traveling'
  | 'undefined'
  | 'working'

/** Which of them go with which general word, the table in XEP-0108 3 says. */
export type ActivityDetail =
  | 'at_the_spa'
  | 'brushing_teeth'
  | 'buying_groceries'
  | 'cleaning'
  | 'coding'
  | 'commuting'
  | 'cooking'
  | 'cycling'
  | 'dancing'
  | 'day_off'
  | 'doing_maintenance'
  | 'doing_the_dishes'
  | 'doing_the_laundry'
  | 'driving'
  | 'fishing'
  | 'gaming'
  | 'gardening'
  | 'getting_a_haircut'
  | 'going_out'
  | 'hanging_out'
  | 'having_a_beer'
  | 'having_a_snack'
  | 'having_breakfast'
  | 'having_coffee'
  | 'having_dinner'
  | 'having_lunch'
  | 'having_tea'
  | 'hiding'
  | 'hiking'
  | 'in_a_car'
  | 'in_a_meeting'
  | 'in_real_life'
  | 'jogging'
  | 'on_a_bus'
  | 'on_a_plane'
  | 'on_a_train'
  | 'on_a_trip'
  | 'on_the_phone'
  | 'on_vacation'
  | 'on_video_phone'
  | 'other'
  | 'partying'
  | 'playing_sports'
  | 'praying'
  | 'reading'
  | 'rehearsing'
  | 'running'
  | 'running_an_errand'
  | 'scheduled_holiday'
  | 'shaving'
  | 'shopping'
  | 'skiing'
  | 'sleeping'
  | 'smoking'
  | 'socializing'
  | 'studying'
  | 'sunbathing'
  | 'swimming'
  | 'taking_a_bath'
  | 'taking_a_shower'
  | 'thinking'
  | 'walking'
  | 'walking_the_dog'
  | 'watching_a_movie'
  | 'watching_tv'
  | 'working_out'
  | 'writing'

export interface Activity {
  /** Missing when somebody stops telling. */
  readonly activity?: { readonly general: ActivityWord; readonly specific?: ActivityDetail | undefined } | undefined
  readonly text?: string | undefined
}

const words: OptionalPart<NonNullable<Activity['activity']>> = {
  read: (found) => {
    const general = wordIn(found, 'text')
    if (general === undefined) return undefined
    const specific = wordIn(general)?.name as ActivityDetail | undefined
    return { general: general.name as ActivityWord, ...(specific === undefined ? {} : { specific }) }
  },
  write: ({ general, specific }, draft) => {
    const inside = specific === undefined ? undefined : wordElement(specific, draft.ns)
    draft.children.push(wordElement(general, draft.ns, inside))
  },
}

export const activity: ElementCodec<Activity> = element(ACTIVITY_NS, 'activity', {
  activity: words,
  text: ignorableText('text'),
})
