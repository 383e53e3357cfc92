/** User Mood (XEP-0107 1.2.2): how somebody feels, published or beside a message. Words that are not in the list are read as they come. */
import { type ElementCodec, element, ignorableText, type OptionalPart, wordElement, wordIn } from '../codec/index.ts'

/** The namespace, and the node. */
export const MOOD_NS = 'http://jabber.org/protocol/mood'

/** [XEP-0107 3] */
export type MoodWord =
  | 'afraid'
  | 'amazed'
  | 'amorous'
  | 'angry'
  | 'annoyed'
  | 'anxious'
  | 'aroused'
  | 'ashamed'
  | 'bored'
  | 'brave'
  | 'calm'
  | 'cautious'
  | 'cold'
  | 'confident'
  | 'confused'
  | 'contemplative'
  | 'contented'
  | 'cranky'
  | 'crazy'
  | 'creative'
  | 'curious'
  | 'dejected'
  | 'depressed'
  | 'disappointed'
  | 'disgusted'
  | 'dismayed'
  | 'distracted'
  | 'embarrassed'
  | 'envious'
  | 'excited'
  | 'flirtatious'
  | 'frustrated'
  | 'grieving'
  | 'grumpy'
  | 'guilty'
  | 'happy'
  | 'hopeful'
  | 'hot'
  | 'humbled'
  | 'humiliated'
  | 'hungry'
  | 'hurt'
  | 'impressed'
  | 'in_awe'
  | 'in_love'
  | 'indignant'
  | 'interested'
  | 'intoxicated'
  | 'invincible'
  | 'jealous'
  | 'lonely'
  | 'lucky'
  | 'mean'
  | 'moody'
  | 'nervous'
  | 'neutral'
  | 'offended'
  | 'outraged'
  | 'playful'
  | 'proud'
  | 'relaxed'
  | 'relieved'
  | 'remorseful'
  | 'restless'
  | 'sad'
  | 'sarcastic'
  | 'serious'
  | 'shocked'
  | 'shy'
  | 'sick'
  | 'sleepy'
  | 'spontaneous'
  | 'stressed'
  | 'strong'
  | 'surprised'
  | 'thankful'
  | 'thirsty'
  | 'tired'
  | 'undefined'
  | 'weak'
  | 'worried'

export interface Mood {
  /** Missing when somebody stops telling. */
  readonly mood?: MoodWord | undefined
  readonly text?: string | undefined
}

const word: OptionalPart<MoodWord> = {
  read: (found) => wordIn(found, 'text')?.name as MoodWord | undefined,
  write: (written, draft) => {
    draft.children.push(wordElement(written, draft.ns))
  },
}

export const mood: ElementCodec<Mood> = element(MOOD_NS, 'mood', { mood: word, text: ignorableText('text') })
